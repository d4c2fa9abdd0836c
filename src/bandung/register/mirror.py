"""A partner's account turned round: what it gave, we received."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bandung.register.content import Content, Role

ANSWERING: dict[str, Role] = {"provides": "receives", "receives": "provides", "both": "both"}
"""The role that answers a partner's; facilitating, a third party answers to nobody's."""


def mirrored(content: Content, *, mine: str, theirs: str) -> Content:
    """Return a partner's content as a draft of one's own.

    Contributions keep their keys, so that both records of one contribution are found together.
    The partner's identifier is its own and is left out.

    Examples
    --------
    >>> from bandung.register.content import Content
    >>> said = Content(role="provides", partners=("MOZ", "SEN"))
    >>> mirrored(said, mine="MOZ", theirs="BRA").partners
    ('BRA', 'SEN')
    """
    partners = tuple(sorted({*content.partners, theirs} - {mine}))
    return content.model_copy(
        update={
            "role": _role(content, mine),
            "partners": partners,
            "identifier": "",
            "reported_elsewhere": (),
        }
    )


def _role(content: Content, mine: str) -> Role:
    gives = any(item.provider == mine for item in content.contributions)
    gets = any(item.receiver == mine for item in content.contributions)
    if gives and gets:
        return "both"
    if gives:
        return "provides"
    if gets:
        return "receives"
    return ANSWERING.get(content.role, "both")
