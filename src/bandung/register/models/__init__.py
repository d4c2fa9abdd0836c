"""The tables of the register; every one is imported from here."""

from bandung.register.models.between import (
    Assessment,
    MatchProposal,
    Merge,
    NotADuplicate,
    Pairing,
    Response,
)
from bandung.register.models.keeping import (
    AuditEntry,
    ChainHead,
    ImportPreview,
    ReferenceCounter,
)
from bandung.register.models.lists import (
    Code,
    CodeList,
    ExchangeRate,
    UnitRate,
)
from bandung.register.models.people import (
    Agency,
    ApiToken,
    Member,
    Person,
)
from bandung.register.models.record import (
    Activity,
    Contribution,
    Revision,
    RevisionPartner,
    RevisionSector,
    RevisionTarget,
    Statement,
)

__all__ = [
    "Activity",
    "Agency",
    "ApiToken",
    "Assessment",
    "AuditEntry",
    "ChainHead",
    "Code",
    "CodeList",
    "Contribution",
    "ExchangeRate",
    "ImportPreview",
    "MatchProposal",
    "Member",
    "Merge",
    "NotADuplicate",
    "Pairing",
    "Person",
    "ReferenceCounter",
    "Response",
    "Revision",
    "RevisionPartner",
    "RevisionSector",
    "RevisionTarget",
    "Statement",
    "UnitRate",
]
