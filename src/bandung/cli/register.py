"""`bandung register …`: the shared record of cooperation, from the command line."""

from __future__ import annotations

import typer

from bandung.cli import (
    register_exchange,
    register_keeping,
    register_people,
    register_returns,
    register_serving,
)

START, FILES, RETURNS, KEEP, PEOPLE = (
    "Begin",
    "Files in and out",
    "Returns",
    "Keep it safe",
    "People",
)

app = typer.Typer(
    help="Keep the shared record of cooperation: pages, files in and out, backups.",
    no_args_is_help=True,
)
app.command(rich_help_panel=START)(register_serving.start)
app.command(rich_help_panel=START)(register_keeping.prepare)
app.command("import-excel", rich_help_panel=FILES)(register_exchange.import_excel)
app.command("export-excel", rich_help_panel=FILES)(register_exchange.export_excel)
app.command(rich_help_panel=FILES)(register_exchange.template)
app.command("import-iati", rich_help_panel=FILES)(register_exchange.import_iati)
app.command("export-iati", rich_help_panel=FILES)(register_exchange.export_iati)
app.command("validate-iati", rich_help_panel=FILES)(register_exchange.validate_iati)
app.command("iati-standard", rich_help_panel=FILES)(register_exchange.iati_standard)
app.command("return", rich_help_panel=RETURNS)(register_returns.sdg_return)
app.command(rich_help_panel=RETURNS)(register_returns.finance)
app.command(rich_help_panel=RETURNS)(register_returns.rates)
app.command("unit-rates", rich_help_panel=RETURNS)(register_returns.unit_rates)
app.command(rich_help_panel=KEEP)(register_keeping.backup)
app.command(rich_help_panel=KEEP)(register_keeping.restore)
app.command(rich_help_panel=KEEP)(register_keeping.migrate)
app.command("verify-audit", rich_help_panel=KEEP)(register_keeping.verify_audit)
app.command(rich_help_panel=PEOPLE)(register_people.members)
app.command("setup-code", rich_help_panel=PEOPLE)(register_people.setup_code)
app.command("add-agency", rich_help_panel=PEOPLE)(register_people.add_agency)
app.command("add-person", rich_help_panel=PEOPLE)(register_people.add_person)
app.command("set-password", rich_help_panel=PEOPLE)(register_people.set_password)
