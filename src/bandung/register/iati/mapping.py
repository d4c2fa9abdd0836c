"""How the register's words and IATI's codes stand for each other."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bandung.register.content import BodyRole, Marker, Stage, Status

STATUS_OF: dict[str, Status] = {
    "1": "planned",
    "2": "under_way",
    "3": "finishing",
    "4": "closed",
    "5": "cancelled",
    "6": "suspended",
}
CODE_OF_STATUS = {status: code for code, status in STATUS_OF.items()}
BODY_ROLE_OF: dict[str, BodyRole] = {
    "1": "funding",
    "2": "accountable",
    "3": "extending",
    "4": "implementing",
}
CODE_OF_BODY_ROLE = {role: code for code, role in BODY_ROLE_OF.items()}
DATE_TYPES = {"1": "planned_start", "2": "actual_start", "3": "planned_end", "4": "actual_end"}
MARKERS = {"6": "mitigation", "7": "adaptation"}
SIGNIFICANCE: dict[str, Marker] = {"0": 0, "1": 1, "2": 2, "3": 2, "4": 2}
SECTOR_VOCABULARIES: dict[str, Literal["crs", "dac3"]] = {"1": "crs", "2": "dac3"}
SDG_SECTORS = frozenset({"7", "8"})
SDG_TAGS = frozenset({"2", "3"})
IN_KIND_CHANNELS = frozenset({"3", "4"})


@dataclass(frozen=True, slots=True)
class Flow:
    """A type of transaction: its stage, and whether the reporter is the one who receives."""

    name: str
    stage: Stage | None
    incoming: bool = False


FLOWS = {
    "1": Flow("incoming funds", "delivered", incoming=True),
    "2": Flow("outgoing commitment", "committed"),
    "3": Flow("disbursement", "delivered"),
    "4": Flow("expenditure", "delivered"),
    "5": Flow("interest payment", None),
    "6": Flow("loan repayment", None),
    "7": Flow("reimbursement", None),
    "8": Flow("purchase of equity", "delivered"),
    "9": Flow("sale of equity", None),
    "10": Flow("credit guarantee", "committed"),
    "11": Flow("incoming commitment", "committed", incoming=True),
    "12": Flow("outgoing pledge", "planned"),
    "13": Flow("incoming pledge", "planned", incoming=True),
}
OUTGOING_TYPES = {"committed": "2", "delivered": "3"}
INCOMING_TYPES = {"committed": "11", "delivered": "1"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What IATI has to say about a modality: codes of its lists, empty where it has none."""

    finance_type: str = ""
    aid_type: str = ""
    disbursement_channel: str = ""


@cache
def shipped_terms() -> Mapping[str, Terms]:
    """Return the terms of every modality that ships with the register."""
    text = (files("bandung.register") / "data/codelists/modality.csv").read_text("utf-8-sig")
    return {
        row["code"]: Terms(row["finance_type"], row["aid_type"], row["disbursement_channel"])
        for row in csv.DictReader(text.splitlines())
    }


PLAIN = "grant"
BY_FINANCE_TYPE = {
    "110": "grant",
    "210": "grant",
    "211": "grant",
    "310": "multilateral_contribution",
    "311": "multilateral_contribution",
    "410": "concessional_loan",
    "422": "concessional_loan",
    "421": "official_loan",
    "431": "official_loan",
    "423": "portfolio_investment",
    "424": "portfolio_investment",
    "425": "portfolio_investment",
    "432": "equity",
    "433": "equity",
    "451": "export_credit",
    "452": "export_credit",
    "453": "export_credit",
    "510": "equity",
    "511": "equity",
    "512": "equity",
    "520": "equity",
    "530": "equity",
    "710": "equity",
    "711": "equity",
    "712": "equity",
    "1100": "guarantee",
}
BY_AID_TYPE = {
    "A01": "budget_support",
    "A02": "budget_support",
    "B02": "multilateral_contribution",
    "B021": "multilateral_contribution",
    "B022": "multilateral_contribution",
    "B03": "fund_contribution",
    "B031": "fund_contribution",
    "B032": "fund_contribution",
    "B033": "fund_contribution",
    "B04": "fund_contribution",
    "E01": "scholarships",
    "E02": "scholarships",
    "F01": "debt_relief",
    "G01": "administration",
    "H02": "refugee_costs",
    "H03": "refugee_costs",
    "H04": "refugee_costs",
    "H05": "refugee_costs",
    "H06": "refugee_costs",
}
IN_KIND_BY_AID_TYPE = {
    "D01": "experts",
    "D02": "training",
    "E01": "scholarships",
    "E02": "scholarships",
}
IN_KIND = "goods"
BY_TRANSACTION = {"8": "equity", "10": "guarantee"}
ODA, EXPORT_CREDITS = "10", "22"
STANDARD_LOAN = "421"


def modality(finance: str, aid: str, flow: str, *, in_kind: bool, transaction: str) -> str:
    """Return the register's modality for what a file says of a transaction; "" if it says nothing.

    Parameters
    ----------
    finance, aid, flow
        Codes of IATI's finance type, aid type and flow type; empty where not stated.
    in_kind
        Whether the disbursement channel is one in kind.
    transaction
        Code of the transaction type.

    Examples
    --------
    >>> modality("421", "C01", "10", in_kind=False, transaction="3")
    'concessional_loan'
    """
    if in_kind:
        return IN_KIND_BY_AID_TYPE.get(aid, IN_KIND)
    if flow == EXPORT_CREDITS:
        finance = "451"
    elif finance == STANDARD_LOAN and flow == ODA:
        finance = "410"
    if transaction in BY_TRANSACTION:
        return BY_TRANSACTION[transaction]
    if finance in {"", "110"}:
        return BY_AID_TYPE.get(aid, BY_FINANCE_TYPE.get(finance, PLAIN if aid else ""))
    if re.fullmatch(r"6\d\d", finance):
        return "debt_relief"
    return BY_FINANCE_TYPE.get(finance, "")
