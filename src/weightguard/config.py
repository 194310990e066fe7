"""weightguard.yaml: what a laboratory declares about itself.

Everything is optional; an empty file is a configuration. A key that is not known is refused by file and line
with the likeliest meant key, because a waiver or a cap that is silently ignored is worse than none.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from weightguard import files, yaml_file
from weightguard.errors import ConfigError
from weightguard.section import Section, Text
from weightguard.sources import Sources

Level = Literal["SL1", "SL2", "SL3", "SL4", "SL5"]
FailOn = Literal["critical", "high", "medium", "low", "none"]
Tier = Literal["none", "high", "critical"]
FILE_NAME = "weightguard.yaml"
_NEARLY = ("weightguard.yml", ".weightguard.yaml", ".weightguard.yml")
"""Names that people give the file: one that lies there was meant to be read."""


class Evaluation(Section):
    """One capability evaluation that a model's tier rests on.

    Attributes:
        capability: a capability of the tier table (controls/tiers.yaml), ``cyber``.
        indicates: the grade of that capability which `threshold` stands for.
        score: what the model reached, in the benchmark's unit.
        threshold: the score from which the benchmark indicates the grade.
        date: when it was run.
        evaluator: who ran it.
    """

    capability: Text
    benchmark: Text
    score: float
    threshold: float
    indicates: Literal["high", "critical"] = "high"
    date: date
    evaluator: Text

    @property
    def reached(self) -> bool:
        """Whether the score reached the threshold."""
        return self.score >= self.threshold


class ModelConfig(Section):
    """A declared model.

    Attributes:
        name: its name; a weight set of the same name belongs to it wherever it lies.
        tier: the risk tier declared for it; None: the one that its evaluations yield.
        previous_tier: the tier before the last change, so that a lowered one shows.
        released: whether its parameters are public.
        locations: where its weights are expected: a store's id, or one with a prefix,
            ``arn:aws:s3:::bucket/models/atlas/``.
        readers: principals that are meant to read them, shell patterns over principal names: anybody else who can is a failure.
        maximum_readers: how many people may read directly.
        maximum_copiers: how many people may copy.
        egress_budget: bytes a year that may leave the places where they are used.
    """

    name: Text
    tier: Tier | None = None
    previous_tier: Tier | None = None
    evaluations: tuple[Evaluation, ...] = ()
    released: bool = False
    locations: tuple[Text, ...] = ()
    readers: tuple[Text, ...] = ()
    maximum_readers: Annotated[int, Field(ge=0)] | None = None
    maximum_copiers: Annotated[int, Field(ge=0)] | None = None
    egress_budget: Annotated[int, Field(ge=0)] | None = None


class NotWeights(Section):
    """A place whose unread objects are declared to hold no weights. It never covers a weight set that was recognised.

    Attributes:
        location: a store's id, or one with a prefix, ``arn:aws:s3:::bucket/database-dumps/``.
        reason: what they are. owner: who says so.
        expires: the last day on which the declaration holds.
    """

    location: Text
    reason: Text
    owner: Text
    expires: date


class ControlsConfig(Section):
    """The catalogue's settings.

    Attributes:
        directories: directories of further controls, in the catalogue's own format, checks written as CEL
            expressions.
        parameters: parameter values by control id.
    """

    directories: tuple[Path, ...] = ()
    parameters: dict[str, dict[str, Any]] = Field(default_factory=dict)


class DisclosureConfig(Section):
    """Files in which the organisation says how outsiders may report and test. Copies of what it publishes.

    Attributes:
        security_txt: a copy of /.well-known/security.txt.
        policy: the vulnerability disclosure policy.
        legal_safe_harbour: the promise not to pursue good-faith research.
        technical_safe_harbour: the promise not to suspend good-faith researchers' accounts.
    """

    security_txt: Path | None = None
    policy: Path | None = None
    legal_safe_harbour: Path | None = None
    technical_safe_harbour: Path | None = None


class Secret(Section):
    """A secret that is kept elsewhere: it never stands in a configuration, a report or a log.

    Attributes:
        env: the environment variable that holds it.
        file: the file that holds it, whose last line feed is not part of it.
    """

    env: Text | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Secret:
        if (self.env is None) == (self.file is None):
            raise ValueError("name either env, the variable that holds the secret, or file")
        return self


class SlackChannel(Section):
    """An incoming webhook of Slack, or of what understands the same (Mattermost, Rocket.Chat, Discord's ``/slack``).

    Attributes:
        webhook: the webhook's address, which is a secret.
        ca_bundle: CA certificates to trust besides the system's.
    """

    webhook: Secret
    ca_bundle: Path | None = None


class WebhookChannel(Section):
    """An address that takes a JSON object by POST.

    Attributes:
        url: the address, https but for this machine; `url_secret` where the address itself is a secret.
        headers: headers whose values are secrets, ``Authorization`` as a rule.
    """

    url: Text | None = None
    url_secret: Secret | None = None
    headers: dict[Text, Secret] = Field(default_factory=dict)
    ca_bundle: Path | None = None

    @model_validator(mode="after")
    def _one_address(self) -> WebhookChannel:
        if (self.url is None) == (self.url_secret is None):
            raise ValueError("name either url or url_secret")
        return self


class EmailChannel(Section):
    """A mail server and whom it writes to.

    Attributes:
        security: ``starttls`` (port 587), ``tls`` from the first byte (port 465), or ``none``, which takes no password.
    """

    host: Text
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: Text | None = None
    password: Secret | None = None
    sender: Text
    recipients: Annotated[tuple[Text, ...], Field(min_length=1)]
    ca_bundle: Path | None = None

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> EmailChannel:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together")
        if self.security == "none" and self.password is not None:
            raise ValueError("a password is not sent without starttls or tls")
        return self


class NotifyConfig(Section):
    """Whom `weightguard scan --notify` tells.

    Attributes:
        prometheus: the file that a node exporter's textfile collector reads, ending in ``.prom``.
    """

    slack: tuple[SlackChannel, ...] = ()
    webhooks: tuple[WebhookChannel, ...] = ()
    email: tuple[EmailChannel, ...] = ()
    prometheus: Path | None = None


class Config(Section):
    """The whole of weightguard.yaml.

    Attributes:
        tiers: target level by risk tier.
        not_weights: places whose unread objects are no weights, as somebody declares until a day.
        waivers: waiver files. attestations: attestation files. Paths are relative to the configuration file.
        people: principals that are persons though they look like workloads, shell patterns over principal names. workloads: the
            reverse. What they say counts wherever people and workloads are told apart; outsiders stay outsiders.
        vendors: principals of outside companies that are meant to have access, shell patterns. They are no undeclared readers and
            cap no score; the red-team protocol plays them.
        evaluators: the same for outside evaluators, who besides reach raw weights only at the white-box tier.
        notify: whom `weightguard scan --notify` tells.
    """

    version: Literal[1] = 1
    organisation: Text | None = None
    sources: Sources = Sources()
    target_level: Level | None = None
    fail_on: FailOn = "high"
    tiers: dict[Tier, Level] = Field(default_factory=dict)
    models: tuple[ModelConfig, ...] = ()
    not_weights: tuple[NotWeights, ...] = ()
    controls: ControlsConfig = ControlsConfig()
    waivers: tuple[Path, ...] = ()
    attestations: tuple[Path, ...] = ()
    disclosure: DisclosureConfig = DisclosureConfig()
    people: tuple[Text, ...] = ()
    workloads: tuple[Text, ...] = ()
    vendors: tuple[Text, ...] = ()
    evaluators: tuple[Text, ...] = ()
    notify: NotifyConfig = NotifyConfig()

    @model_validator(mode="after")
    def _of_one_kind(self) -> Config:
        both = sorted(set(self.people) & set(self.workloads))
        if both:
            raise ValueError(f"{both[0]!r} is declared under people and under workloads")
        return self

    @field_validator("models")
    @classmethod
    def _named_once(cls, models: tuple[ModelConfig, ...]) -> tuple[ModelConfig, ...]:
        names = [model.name for model in models]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the model {twice[0]!r} is declared twice")
        return models


def load(path: Path) -> Config:
    """Reads and validates a configuration file; relative paths in it are resolved against its folder.

    Raises:
        ConfigError: naming the file, the line and, for an unknown key, the likeliest meant one.
    """
    document = yaml_file.read(path, error=ConfigError)
    return resolve(yaml_file.validate(Config, document, error=ConfigError), path.parent)


def find(folder: Path) -> Config:
    """The configuration in `folder`, or the default one where there is none."""
    path = folder / FILE_NAME
    if path.exists() or path.is_symlink():
        return load(path)
    for name in _NEARLY:
        if (folder / name).exists():
            raise ConfigError(
                f"a configuration is read from {FILE_NAME} alone, and there is none",
                where=str(folder / name),
                fix=f"rename it, or name it with --config {name}",
            )
    return Config()


def resolve(config: Config, folder: Path) -> Config:
    """`config` with its relative paths taken from `folder`, below which all that is judged by has to lie.

    Raises:
        ConfigError: a path leaves the folder or is reached through a link.
    """

    def inside(path: Path, key: str) -> Path:
        return files.below(folder, path, f"what {key} names", error=ConfigError)

    disclosure = config.disclosure.model_copy(
        update={
            name: inside(value, f"disclosure.{name}")
            for name, value in config.disclosure
            if value is not None
        }
    )
    controls = config.controls.model_copy(
        update={
            "directories": tuple(inside(one, "controls.directories") for one in config.controls.directories)
        }
    )
    return config.model_copy(
        update={
            "controls": controls,
            "disclosure": disclosure,
            "notify": _resolved(config.notify, folder),
            "waivers": tuple(inside(path, "waivers") for path in config.waivers),
            "attestations": tuple(inside(path, "attestations") for path in config.attestations),
        }
    )


def _resolved(section: Section, folder: Path) -> Section:
    """`section` with every relative path in it, at any depth, taken from `folder`."""

    def turn(value: Any) -> Any:
        if isinstance(value, Path):
            return folder / value
        if isinstance(value, Section):
            return _resolved(value, folder)
        if isinstance(value, tuple):
            return tuple(turn(item) for item in value)
        return {name: turn(item) for name, item in value.items()} if isinstance(value, dict) else value

    return section.model_copy(update={name: turn(value) for name, value in section})
