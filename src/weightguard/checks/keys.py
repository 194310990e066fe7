"""KEY: who holds and who uses the keys of weights, from where, and for how long they last."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.checks.relations import key_named, weights_in
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs, some
from weightguard.estate.fact import Known, Unknown
from weightguard.estate.model import Key, KeyMaterial, KeyState, Store


def dedicated(key: Key, context: Context) -> Verdict:
    """The key protects weights of one tier and nothing else."""
    if not context.weights_of(key.id):
        return Verdict.not_applicable("the key protects no weights, as far as is known")
    idle, tiers = [], set()
    users, gaps = context.once("stores by key", lambda: _stores_by_key(context))
    for store in users.get(key.id, ()):
        context.peek(store.encryption, "store.encryption")
        held = weights_in(store, context)
        idle += [] if held else [store.id]
        tiers |= {owner.tier for one in held if (owner := context.declarations.of(one)) is not None}
    shared = [*idle, *_other_uses(key, context)]
    if shared:
        return Verdict.failed("the key protects other things as well: {shared}", shared=refs(shared))
    if len(tiers) > 1:
        return Verdict.failed(
            "the key protects models of several tiers: {tiers}", tiers=some(str(tier) for tier in tiers)
        )
    unread = [one.key for one in context.estate.secrets if isinstance(one.key, Unknown)]
    listings = (context.estate.stores, context.estate.secrets, context.estate.trails)
    context.require((*gaps, *unread, *(gap for listing in listings for gap in listing.gaps)))
    return Verdict.passed("the key protects weights of one tier and nothing else")


def _stores_by_key(context: Context) -> tuple[dict[str, list[Store]], list[Unknown]]:
    """The stores that each key encrypts by default, and the settings that could not be read."""
    users: dict[str, list[Store]] = {}
    gaps = []
    for store in context.estate.stores:
        encryption = store.encryption
        if isinstance(encryption, Unknown):
            gaps.append(encryption)
        elif encryption.value is not None and encryption.value.key:
            key = key_named(encryption.value.key, store.account, store.region, context)
            if key is not None:
                users.setdefault(key.id, []).append(store)
            elif "alias/" in encryption.value.key:
                gaps += [one.aliases for one in context.estate.keys if isinstance(one.aliases, Unknown)]
    return users, gaps


def _other_uses(key: Key, context: Context) -> Iterator[str]:
    for secret in context.glance(context.estate.secrets):
        if (
            isinstance(secret.key, Known)
            and secret.key.value
            and key_named(secret.key.value, secret.account, secret.region, context) is key
        ):
            yield secret.id
    for trail in context.glance(context.estate.trails):
        if trail.key and key_named(trail.key, trail.account, trail.region, context) is key:
            yield trail.id


def in_hardware(key: Key, context: Context) -> Verdict:
    """The material was generated in certified hardware and never existed outside."""
    material = context.read(key.material)
    if not _is_accepted(material, context):
        return Verdict.failed(
            "the key's material comes from {stated}: copies may exist outside", stated=material.stated
        )
    return Verdict.passed(
        "the key's material was generated inside hardware ({stated})", stated=material.stated
    )


def sole_control(key: Key, context: Context) -> Verdict:
    """The key lies in a store that the organisation alone controls."""
    material = context.read(key.material)
    if not _is_accepted(material, context):
        return Verdict.failed(
            "the provider's shared service holds the key ({stated})", stated=material.stated
        )
    return Verdict.passed("the key lies in a store under sole control ({stated})", stated=material.stated)


def _is_accepted(material: KeyMaterial, context: Context) -> bool:
    """Whether the parameter `origins` lists where a key lies, by the provider's own word or by the kind of protection."""
    accepted = context.parameters["origins"]
    return material.stated in accepted or material.protection.value in accepted


def rotation_enabled(key: Key, context: Context) -> Verdict:
    """New material every year."""
    rotation = context.read(key.rotation)
    if rotation is None:
        return Verdict.not_applicable("the provider cannot rotate this kind of key by itself")
    if not rotation:
        return Verdict.failed("the key never rotates: one leaked version opens everything ever encrypted")
    return Verdict.passed("the key rotates")


def replicas_accounted_for(key: Key, context: Context) -> Verdict:
    """The key's material stays in approved regions."""
    others = context.read(key.other_regions)
    if others is None:
        return Verdict.passed("the key belongs to a single region")
    approved = set(context.parameters["approved_regions"])
    stray = {key.region or "?", *others} - approved
    if stray:
        return Verdict.failed(
            "the key is multi-region and exists, or can be replicated, outside approved regions: {stray}",
            stray=some(stray),
        )
    return Verdict.passed("all replicas lie in approved regions")


def alive(key: Key, context: Context) -> Verdict:
    """The key works, and will."""
    state = context.read(key.state)
    if state is KeyState.PENDING_DELETION:
        when = context.read(key.deletion_date) or "a date that is not told"
        return Verdict.failed(
            "the key is to be destroyed on {when}: every copy under it is lost then", when=when
        )
    if state is not KeyState.ENABLED:
        return Verdict.failed("the key is {state}: what it protects cannot be read", state=state.value)
    return Verdict.passed("the key is enabled")
