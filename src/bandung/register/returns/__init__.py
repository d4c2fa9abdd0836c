"""What a member reports: SDG indicator 17.3.1, and the table its ministry of finance asks for.

The sums are pure functions of `Line`s; `source` finds the lines in the register.
"""

from bandung.register.returns.finance import FiscalYear, finance_table, read_accounts
from bandung.register.returns.lines import Line, Modality
from bandung.register.returns.rates import Rate, Rates, read_exchange_rates, read_unit_rates
from bandung.register.returns.sdg import Return, sdg_17_3_1

__all__ = [
    "FiscalYear",
    "Line",
    "Modality",
    "Rate",
    "Rates",
    "Return",
    "finance_table",
    "read_accounts",
    "read_exchange_rates",
    "read_unit_rates",
    "sdg_17_3_1",
]
