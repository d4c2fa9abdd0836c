"""``python scripts/with_postgresql.py --durable python -m benchmarks.register [ACTIVITIES]``.

A register of 100,000 activities and four contributions each (or as many activities as are named),
read by 20 people at once who click every second: list, search, an activity, charts; first alone,
then while a colleague of theirs saves every five seconds, so that nothing which is kept lasts.
Beside them, the same answers without an index or a kept sum. Then the import of 10,000 rows of a
workbook, and the return of one member for one year. The database that BANDUNG_DATABASE names has
to be empty.
"""

from __future__ import annotations

import datetime as dt
import http.client
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "bandung.web.settings"
os.environ["BANDUNG_DATA"] = tempfile.mkdtemp(prefix="bandung-benchmark-")
django.setup()

from django.db import connection, transaction  # noqa: E402 - Django first
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from bandung.codes.countries import folded  # noqa: E402
from bandung.register import exchange, sums  # noqa: E402
from bandung.register.actions import people, statements, storing  # noqa: E402
from bandung.register.actor import Actor  # noqa: E402
from bandung.register.content import Content, Contribution, Sector  # noqa: E402
from bandung.register.excel import writing  # noqa: E402
from bandung.register.excel.registered import codebook  # noqa: E402
from bandung.register.models import Activity, Person, Revision, Statement  # noqa: E402
from bandung.register.ops import opening, serving  # noqa: E402
from bandung.register.returns import report, sdg, source  # noqa: E402
from bandung.register.selection import Selection, accounts  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

MEMBERS = ("BRA", "MOZ", "IND", "SEN", "CUB", "KEN", "VNM", "EGY", "ZAF", "ARG", "GHA", "IDN")
SUBJECTS = ("rice", "water", "school meals", "vaccines", "cotton", "solar power", "land registry")
DEEDS = ("Training in", "Experts for", "Equipment for", "Study of", "Laboratory for")
MODALITIES = (("training", "person_days"), ("experts", "person_days"))
SECTORS, TARGETS = ("31181", "14030", "12220", "11110", "23230"), ("2.4", "6.1", "3.8", "4.4")
YEARS = range(2010, 2025)
USERS, PAUSE_S, ROUNDS = 20, 1.0, 12
WRITES_EVERY_S = 5.0
CONTRIBUTIONS, BATCH, ROWS = 4, 1_000, 10_000
LIMITS = {"a page": 0.3, "the import": 60.0, "the return": 5.0}


def main(words: list[str]) -> None:
    """Fill the register, measure, and print what was found."""
    count = int(words[0]) if words else 100_000
    console = Console()
    opening.prepare()
    if Activity.objects.exists():
        sys.exit("the database is not empty: this benchmark writes a register of its own into it")
    person = _people()
    took = _timed(lambda: _fill(count, random.Random(1955)))  # noqa: S311 - no secret
    cores = f"{platform.machine()}, {os.cpu_count()} cores"
    console.print(
        f"{cores}, {connection.vendor}: {count:,} activities, {count * CONTRIBUTIONS:,} "
        f"contributions, written in {took:.0f} s"
    )
    console.print(_pages(person, count))
    console.print(_beside_naive(Actor.of(person)))
    console.print(_files(Actor.of(person), count))


def _people() -> Person:
    for member in MEMBERS:
        agency = people.add_agency(Actor.operator(member), member, f"Agency of {member}")
        people.add_person(
            Actor.operator(member),
            f"{member.lower()}@example.org",
            f"Clerk of {member}",
            agency=agency,
            role=Person.Role.FOCAL_POINT,
        )
    return Person.objects.get(email="bra@example.org")


def _content(draw: random.Random, number: int, member: str | None = None) -> Content:
    giver, taker = draw.sample(MEMBERS, 2)
    if member:
        giver, taker = member, draw.choice([code for code in MEMBERS if code != member])
    year = draw.choice(YEARS)
    subject = draw.choice(SUBJECTS)
    items = []
    for at in range(CONTRIBUTIONS):
        modality, unit = draw.choice(MODALITIES)
        items.append(
            Contribution(
                key=f"k{at}",
                modality=modality,
                stage="delivered",
                provider=giver,
                receiver=taker,
                quantity=Decimal(draw.randint(1, 500)),
                unit=unit,
                period_start=dt.date(year, 1, 1),
                period_end=dt.date(year, 12, 31),
            )
        )
    return Content(
        titles={"en": f"{draw.choice(DEEDS)} {subject}, phase {number}"},
        descriptions={"en": f"What both parties do about {subject} in {year}. " * 4},
        identifier=f"{giver}-{number}",
        role="provides",
        status="closed",
        partners=(taker,),
        actual_start=dt.date(year, 1, 1),
        actual_end=dt.date(year, 12, 31),
        sectors=(Sector(code=draw.choice(SECTORS)),),
        targets=(draw.choice(TARGETS),),
        contributions=tuple(items),
    )


def _fill(count: int, draw: random.Random) -> None:
    """Write published activities in bulk, past the audit: nothing here is anybody's word."""
    agencies = {person.agency.member_id: person.agency for person in Person.objects.all()}
    now = timezone.now()
    for first in range(0, count, BATCH):
        said = [_content(draw, number) for number in range(first, min(first + BATCH, count))]
        givers = [content.identifier[:3] for content in said]
        with transaction.atomic():
            references: dict[str, list[str]] = {
                member: statements.next_references(member, number)
                for member, number in Counter(givers).items()
            }
            activities = Activity.objects.bulk_create(Activity(public=True) for _ in said)
            made = Statement.objects.bulk_create(
                Statement(
                    activity=activity,
                    member_id=giver,
                    agency=agencies[giver],
                    reference=references[giver].pop(),
                    identifier=content.identifier,
                    changed_at=now,
                )
                for activity, giver, content in zip(activities, givers, said, strict=True)
            )
            revisions = []
            for statement, content in zip(made, said, strict=True):
                revision = storing.begin(statement, 1, content, now, None)
                revision.state = Revision.State.PUBLISHED
                revisions.append(revision)
            Revision.objects.bulk_create(revisions)
            for statement, revision in zip(made, revisions, strict=True):
                statement.working = statement.shared = statement.published = revision
            Statement.objects.bulk_update(made, ["working", "shared", "published"])
            storing.mark(activity.pk for activity in activities)
            storing.index(list(zip(revisions, givers, said, strict=True)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _pages(person: Person, count: int) -> Table:
    """Ask for pages as many people do at once, through gunicorn."""
    browser = Client()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    cookie = f"bandung_session={browser.cookies['bandung_session'].value}"
    keys = list(Activity.objects.values_list("pk", flat=True)[: count : max(1, count // 200)])
    draw = random.Random(7)  # noqa: S311 - no secret
    kinds: dict[str, Callable[[], str]] = {
        "list": lambda: f"/activities/?page={draw.randint(1, 5)}",
        "filters": lambda: (
            f"/activities/?partner={draw.choice(MEMBERS[1:])}&year_from=2020&year_to=2020"
        ),
        "search": lambda: f"/activities/?text={draw.choice(SUBJECTS).replace(' ', '+')}",
        "activity": lambda: f"/activities/{draw.choice(keys)}/",
        "charts": lambda: "/overview/",
        "charts, filtered": lambda: f"/overview/?partner={draw.choice(MEMBERS[1:])}",
    }
    table = Table(title=f"{USERS} people at once, signed in: seconds until the page is there")
    columns = ("page", "one alone", "median", "95 of 100", "median, one saves", "not 200", "limit")
    for column in columns:
        table.add_column(column, justify="right")
    with Served() as port:
        for name, address in kinds.items():
            odd: Counter[int] = Counter()
            alone = _visits(1, port, cookie, address, odd)
            seconds = _visits(USERS, port, cookie, address, odd)
            with Saving(Actor.of(person)):
                beside = _visits(USERS, port, cookie, address, odd)
            bad = sum(number for status, number in odd.items() if status != http.client.OK)
            late = statistics.quantiles(seconds, n=20)[-1]
            found = (statistics.median(alone), statistics.median(seconds), late)
            cells = [f"{value:.3f}" for value in (*found, statistics.median(beside))]
            table.add_row(name, *cells, f"{bad}", f"{LIMITS['a page']:.1f}")
    return table


class Saving:
    """Someone who saves a draft of the member again and again until told to stop."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        own = Statement.objects.filter(member=actor.member).order_by("reference")
        self.keys = list(own.values_list("pk", flat=True)[:50])
        self.saved = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._save)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()
        if not self.saved:
            sys.exit("nothing was saved while the pages were read")

    def _save(self) -> None:
        while not self.ended.wait(WRITES_EVERY_S):
            key = random.choice(self.keys)  # noqa: S311 - no secret
            statement = Statement.objects.get(pk=key)
            said = statements.said_in(statement)
            dates = {"actual_start": dt.date(2009, 1, random.randint(1, 31))}  # noqa: S311 - no secret
            said = said.model_copy(update=dates)
            statements.save(self.actor, key, said, expected_version=statement.version)
            self.saved += 1
        connection.close()


class Served:
    """gunicorn as deploy/ has it, on a free port."""

    def __enter__(self) -> int:
        port = serving.free_port()
        config = Path(__file__).parents[1] / "deploy/gunicorn.conf.py"
        self.server = subprocess.Popen(  # noqa: S603 - ours
            [Path(sys.executable).with_name("gunicorn"), "--config", config],
            env={**os.environ, "BANDUNG_BIND": f"127.0.0.1:{port}"},
            stderr=subprocess.DEVNULL,
        )
        for _ in range(300):
            try:
                _ask(port, "/health", "")
            except OSError:
                time.sleep(0.1)
            else:
                break
        return port

    def __exit__(self, *_: object) -> None:
        self.server.terminate()
        self.server.wait()


def _ask(port: int, address: str, cookie: str) -> int:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    asked.request("GET", address, headers={"Cookie": cookie, "Accept-Language": "en"})
    answer = asked.getresponse()
    answer.read()
    asked.close()
    return answer.status


def _visits(
    people: int, port: int, cookie: str, address: Callable[[], str], odd: Counter[int]
) -> list[float]:
    seconds: list[float] = []
    visitors = [
        threading.Thread(target=_visit, args=(port, cookie, address, odd, seconds))
        for _ in range(people)
    ]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    return seconds


def _visit(
    port: int, cookie: str, address: Callable[[], str], odd: Counter[int], seconds: list[float]
) -> None:
    time.sleep(random.random() * PAUSE_S)  # noqa: S311 - no secret
    for _ in range(ROUNDS):
        start = time.perf_counter()
        odd[_ask(port, address(), cookie)] += 1
        took = time.perf_counter() - start
        seconds.append(took)
        time.sleep(max(0.0, PAUSE_S - took))


def _beside_naive(actor: Actor) -> Table:
    """Compare with the same answers from the contents themselves, without index rows."""
    table = Table(title="One reader, without the server: ours beside reading every content")
    for column in ("answer", "ours", "ours again", "naive", "naive / ours"):
        table.add_column(column, justify="right")

    def given_by_partner() -> None:
        sums.by(actor, Selection(), "partner")

    def naively() -> None:
        found: dict[str, Decimal] = defaultdict(Decimal)
        rows = Revision.objects.filter(statement__member=actor.member, working_of__isnull=False)
        for content in rows.values_list("content", flat=True).iterator():
            for item in json.loads(content)["contributions"]:
                found[item["receiver"]] += Decimal(item["quantity"])

    def searched() -> None:
        list(accounts(actor, Selection(text="solar phase 77"))[:50])

    def searched_naively() -> None:
        rows = Revision.objects.values_list("content", flat=True)
        wanted = ("solar", "phase", "77")
        for content in rows.iterator():
            text = folded(content)
            _ = all(f" {word}" in text for word in wanted)

    sums.by(actor, Selection(), "year")
    for name, ours, theirs in (
        ("given by partner", given_by_partner, naively),
        ("words in a title", searched, searched_naively),
    ):
        first, again, naive = _timed(ours), _timed(ours), _timed(theirs)
        cells = (f"{first:.3f} s", f"{again:.3f} s", f"{naive:.2f} s", f"{naive / first:.0f}×")
        table.add_row(name, *cells)
    return table


def _files(actor: Actor, count: int) -> Table:
    """Time the import of a workbook, and the return of a year."""
    draw = random.Random(3)  # noqa: S311 - no secret
    table = Table(title="Files")
    for column in ("what", "seconds", "limit"):
        table.add_column(column, justify="right")
    activities = ROWS // (CONTRIBUTIONS + 1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "import.xlsx"
        entries = [
            writing.Entry(f"{number + 1}", _content(draw, 10 * count + number, actor.member))
            for number in range(activities)
        ]
        writing.write(entries, file, "en", codebook())

        def taken_in() -> None:
            planned = exchange.plan_excel(actor, file)
            if len(planned.plan.added) != activities:
                sys.exit(f"{planned.findings[:3]}")
            exchange.accept(actor, planned, source=file.name)

        seconds = _timed(taken_in)
    limit = f"{LIMITS['the import']:.0f}"
    table.add_row(f"{ROWS:,} rows, {activities:,} activities", f"{seconds:.1f}", limit)

    def returned() -> None:
        made = sdg.sdg_17_3_1(
            source.lines(actor, "en", {2020}),
            actor.member,
            2020,
            modalities=source.modalities(),
            rates=source.rates(),
            versions=source.versions(),
        )
        report.workbook(made, "en", source.names())

    table.add_row("return of one year", f"{_timed(returned):.1f}", f"{LIMITS['the return']:.0f}")
    return table


def _timed(does: Callable[[], object]) -> float:
    start = time.perf_counter()
    does()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(sys.argv[1:])
