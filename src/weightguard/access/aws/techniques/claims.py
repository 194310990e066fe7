"""What the tokens and assertions of identity providers say, and which subjects the tests of a trust policy leave.

Source: IAM User Guide, "IAM and AWS STS condition context keys": keys of OIDC federation stand under the issuer's name, those of
SAML under ``saml``; Facebook's and Amazon's name their subject and audience in their own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from weightguard.policy.aws import Condition as ContextTest
from weightguard.policy.pattern import Glob, glob, is_pattern

_OWN_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "graph.facebook.com": ("id", "app_id"),
    "www.amazon.com": ("user_id", "app_id"),
}
_COGNITO: Final = "cognito-identity.amazonaws.com"
_SIGN_IN_ENDPOINTS: Final = (
    "https://signin.aws.amazon.com/*saml*",
    "https://*.signin.aws.amazon.com/*saml*",
    "https://signin.amazonaws-us-gov.com/*saml*",
    "https://*.signin.amazonaws-us-gov.com/*saml*",
    "https://signin.amazonaws.cn/*saml*",
    "https://*.signin.amazonaws.cn/*saml*",
)
"""Where assertions may be posted: AWS General Reference, "AWS Sign-In endpoints and quotas"."""
_PATTERNS: Final = frozenset({"StringLike", "ArnLike"})
_TEXTS: Final = frozenset({"StringEquals", "StringEqualsIgnoreCase"})
_MOST_COMBINATIONS: Final = 256


@dataclass(frozen=True, slots=True)
class Claims:
    """The context keys of one provider's tokens.

    Attributes:
        prefix: what its keys begin with, in lower case.
        subject: the key of whom a token is about.
        audience: the key of whom it is for.
        methods: the key of how the subject signed in, where that tells guests apart.
        endpoints: for SAML, where assertions may be posted.
        by_party: whether the audience's key holds the authorised party instead, where there is one.
    """

    prefix: str
    subject: str
    audience: str
    methods: str | None = None
    endpoints: tuple[str, ...] = ()
    by_party: bool = False

    @property
    def is_saml(self) -> bool:
        """Whether the provider's assertions are SAML's."""
        return bool(self.endpoints)

    def has(self, key: str) -> bool:
        """Whether a context key is one of this provider's."""
        return key.lower().startswith(self.prefix)


def claims_of(provider: str) -> Claims:
    """The claims of a provider, which is given by its ARN or by its issuer's name."""
    if ":saml-provider/" in provider:
        return Claims("saml:", "saml:sub", "saml:aud", endpoints=_SIGN_IN_ENDPOINTS)
    issuer = provider.partition(":oidc-provider/")[2] or provider
    subject, audience = _OWN_WORDS.get(issuer, ("sub", "aud"))
    return Claims(
        f"{issuer}:".lower(),
        f"{issuer}:{subject}",
        f"{issuer}:{audience}",
        methods=f"{issuer}:amr" if issuer == _COGNITO else None,
        by_party=issuer == "accounts.google.com",
    )


def narrowed(tests: Sequence[ContextTest]) -> Iterator[tuple[str, tuple[ContextTest, ...]]]:
    """The subject patterns that meet all of some tests, each with the tests that it may still fail.

    No provider issues a subject with a ``*`` or ``?`` in it: a test for such a text as a text is met by nobody.
    """
    read = [one for one in tests if one.operator in _PATTERNS | _TEXTS]
    wanted = [one for one in read if not one.negated]
    refused = [one for one in read if one.negated]
    unread = tuple(one for one in tests if one not in read)
    choices = [[value for value in one.values if _can_be(one, value)] for one in wanted]
    for number, values in enumerate(product(*choices)):
        if number >= _MOST_COMBINATIONS:
            yield "*", tuple(tests)
            return
        found = _met(list(zip(wanted, values, strict=True)), refused)
        if found is not None:
            yield found[0], (*found[1], *unread)


def _can_be(test: ContextTest, value: str) -> bool:
    return test.operator in _PATTERNS or not is_pattern(value)


_Wanted = tuple[ContextTest, str]


def _met(wanted: list[_Wanted], refused: list[ContextTest]) -> tuple[str, tuple[ContextTest, ...]] | None:
    """The narrowest of the wanted patterns, and the tests that it leaves open; None where nothing meets all."""
    if not all(_pattern(*one).overlaps(_pattern(*other)) for one in wanted for other in wanted):
        return None
    pairs = sorted(wanted, key=lambda pair: (_width(pair, wanted), -len(_beginning(*pair))))
    subject = pairs[0][1] if pairs else "*"
    narrowest = _pattern(*pairs[0]) if pairs else glob("*")
    left = [test for test, value in wanted if not _pattern(test, value).covers(narrowest)]
    for test in refused:
        values = [_pattern(test, value) for value in test.values if _can_be(test, value)]
        if any(one.covers(narrowest) for one in values):
            return None
        if any(one.overlaps(narrowest) for one in values):
            left.append(test)
    return subject, tuple(left)


def _width(pair: _Wanted, wanted: list[_Wanted]) -> int:
    """How many of the wanted patterns one of them covers."""
    return sum(_pattern(*pair).covers(_pattern(*one)) for one in wanted)


def _beginning(test: ContextTest, value: str) -> str:
    """What every text that a value takes begins with."""
    return value.partition("*")[0].partition("?")[0] if test.operator in _PATTERNS else value


def _pattern(test: ContextTest, value: str) -> Glob:
    return glob(value) if test.operator in _PATTERNS else Glob(value)
