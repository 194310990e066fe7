"""What every part of weightguard.yaml is: a mapping whose keys are all known."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Section(BaseModel):
    """A mapping whose keys are all known; numbers are numbers: NaN compares with nothing, and would pass every threshold."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
