"""What the hardened lab publishes for outside researchers, so that nothing its operator could say is left unsaid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

VALID_DAYS = 180  # RFC 9116, section 2.5.5: less than a year is recommended
DISCLOSURE = """# Copies of what the lab publishes for outside researchers.
disclosure:
  security_txt: published/security.txt
  policy: published/disclosure-policy.md
  legal_safe_harbour: published/safe-harbour.txt
  technical_safe_harbour: published/researcher-access.txt
"""


def documents(today: date) -> Mapping[str, str]:
    """File name -> text."""
    expires = (today + timedelta(days=VALID_DAYS)).isoformat()
    return {
        "security.txt": (
            f"Contact: https://aurora.example/report\nExpires: {expires}T00:00:00Z\n"
            "Policy: https://aurora.example/disclosure-policy\nEncryption: https://aurora.example/pgp-key.txt\n"
        ),
        "disclosure-policy.md": (
            "# How to report a flaw\n\nReport what you find at https://aurora.example/report. We answer within three days, "
            "fix what is critical within thirty, and name whoever found it.\n"
        ),
        "safe-harbour.txt": (
            "Research in good faith under this policy is authorized. We waive claims of circumvention of technical measures, "
            "and of our terms of service as far as they forbid it, and say so to whoever else pursues it.\n"
        ),
        "researcher-access.txt": (
            "No account is suspended for research in good faith. Where we limit one all the same we give the reason, and a "
            "team that did not decide hears the appeal.\n"
        ),
    }
