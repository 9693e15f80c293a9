"""The audit as one page that needs nothing else: findings, who holds what, and what was looked at."""

from datetime import UTC, datetime
from pathlib import Path

from mako.template import Template

from migrations.audit import Finding, Live

TEMPLATE = Path(__file__).with_name("audit.html.mako")


def page(live: Live, findings: list[Finding]) -> str:
    """HTML; whatever the database says is escaped."""
    template = Template(text=TEMPLATE.read_text(), default_filters=["h"])  # noqa: S702 - the filter escapes
    return str(
        template.render(
            live=live,
            findings=findings,
            verdict=verdict(findings),
            tables=sorted({table for table, _, _ in live.held}),
            roles=sorted({role for _, role, _ in live.held}, key=lambda role: (role != "app_user", role)),
            read_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        )
    )


def verdict(findings: list[Finding]) -> str:
    """In a word or two."""
    errors = sum(finding.severity == "error" for finding in findings)
    counts = (errors, "error"), (len(findings) - errors, "warning")
    return ", ".join(f"{count} {word}{'s' * (count != 1)}" for count, word in counts if count) or "Nothing is wrong"
