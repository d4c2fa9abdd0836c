"""The demonstration register: what it holds, complete, and the same from the same seed."""

from __future__ import annotations

import csv
import io
from collections import Counter
from importlib.resources import files

import pytest
from django.db import transaction
from django.test import override_settings

from bandung.codes.tables import LANGUAGES
from bandung.register import (
    audit,
    codelists,
    completeness,
    demo,
    demo_activities,
    demo_texts,
    exchange,
    reconcile,
    visibility,
)
from bandung.register.actor import Actor
from bandung.register.iati import standard, validating
from bandung.register.models import (
    Activity,
    Assessment,
    Member,
    Person,
    Response,
    Revision,
    Statement,
)

PASSWORD = "a long enough pass phrase"  # noqa: S105 - of people who exist in tests only
FAST = {"PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"]}


@pytest.fixture(scope="module")
def plan():
    """The demonstration of the usual seed."""
    return demo.build()


@pytest.fixture(scope="module")
def loaded(plan, django_db_setup, django_db_blocker):
    """The demonstration in the database, for all tests of this file that ask for it."""
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(**FAST):
        yield demo.load(plan, password=PASSWORD)
        transaction.set_rollback(True)


def _contents(plan):
    return [(said.member, said.content) for item in plan.activities for said in item.statements]


def test_the_same_seed_gives_the_same_register(plan):
    """Two demonstrations that differ, or two seeds that do not."""
    assert demo.build(1955) == plan
    assert demo.build(7) != plan


def test_some_three_hundred_activities_of_eight_members_and_eleven_years(plan):
    """A demonstration of a few members or of one year, in which no chart shows anything."""
    assert 280 <= len(plan.activities) <= 340
    assert len(plan.members()) == 8
    years = Counter(content.start.year for _, content in _contents(plan))
    assert set(range(2015, 2026)) <= set(years)
    for member in plan.members():
        assert sum(agency.member == member for agency in plan.agencies) in {2, 3}


def test_every_modality_and_every_group_of_sectors_is_there(plan):
    """A modality that nobody can see an example of."""
    items = [item for _, content in _contents(plan) for item in content.contributions]
    used = Counter(item.modality for item in items)
    assert set(used) == {code.code for code in codelists.shipped("modality")}
    assert {item.stage for item in items} == {"planned", "committed", "delivered"}
    sectors = {sector.code[:3] for _, content in _contents(plan) for sector in content.sectors}
    assert len(sectors) > 25
    goals = {code.split(".")[0] for _, content in _contents(plan) for code in content.targets}
    assert goals == {str(goal) for goal in range(1, 18)}
    assert {content.status for _, content in _contents(plan)} == {
        "planned", "under_way", "finishing", "closed", "cancelled", "suspended",
    }  # fmt: skip


def test_every_account_is_complete(plan, db):
    """A demonstration that could not be approved, or that already asks for mending."""
    with codelists.held():
        for member, content in _contents(plan):
            assert completeness.problems(content, member) == ()


def test_every_account_is_in_a_language_of_its_party_and_all_five_are_used(plan):
    """A member whose desk officers would not understand their own statement."""
    used = Counter()
    for member, content in _contents(plan):
        assert demo_activities.language(member) in content.titles
        assert set(content.titles) == set(content.descriptions)
        used.update(list(content.titles))
    assert set(used) == set(LANGUAGES)
    assert min(used.values()) > 40


def test_titles_are_varied_and_written_out(plan):
    """The same title again and again, or one with a name left unfilled."""
    firsts = [item.statements[0].content.title("en") for item in plan.activities]
    assert max(Counter(firsts).values()) <= 3
    assert len(set(firsts)) > 0.93 * len(firsts)
    for _, content in _contents(plan):
        for text in (*content.titles.values(), *content.descriptions.values()):
            assert not set("{}|_") & set(text)
            assert len(text) > 15


def test_quantities_are_plausible(plan):
    """A study visit for a million people, or half a person."""
    deeds = demo_texts.deeds()
    for _, content in _contents(plan):
        for item in content.contributions:
            deed = deeds[item.modality]
            assert item.quantity == int(item.quantity) > 0
            if item.unit == deed.unit != "money":
                assert deed.low * 0.5 <= item.quantity <= deed.high * 1.4
            modality = next(c for c in codelists.shipped("modality") if c.code == item.modality)
            assert item.unit in modality.units


@pytest.mark.parametrize("name", ["topics", "actions", "places", "phrases", "results"])
def test_texts_are_there_in_five_languages(name):
    """A cell left empty, or Latin letters where Arabic should stand."""
    text = (files("bandung.register") / "data/demo" / f"{name}.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(io.StringIO(text)):
        for column, cell in row.items():
            if column not in {"receivers", "unit"}:
                assert cell.strip(), (name, row)
            if column == "ar" or column.endswith("_ar"):
                assert any("\u0600" <= letter <= "\u06ff" for letter in cell), (name, cell)


def test_subjects_name_sectors_targets_and_modalities_that_exist():
    """A subject that no list knows."""
    lists = {
        name: {code.code for code in codelists.shipped(name)}
        for name in ("sector_crs", "sdg_target", "modality")
    }
    for topic in demo_texts.topics():
        assert set(topic.sectors) <= lists["sector_crs"], topic.key
        assert set(topic.targets) <= lists["sdg_target"], topic.key
        assert set(topic.modalities) <= lists["modality"], topic.key
        assert set(topic.receivers) <= set(demo_activities.GETTING), topic.key
    assert set(demo_texts.deeds()) == lists["modality"]


def test_scenarios_are_what_they_say(plan):
    """An agreed activity in which the parties differ, or a differing one in which they agree."""
    found = Counter(item.scenario for item in plan.activities)
    assert found["agreed"] > 100
    assert min(found.values()) >= 12
    for item in plan.activities:
        reaches = [said.reach for said in item.statements]
        if item.scenario in {"agreed", "differs", "one_sided_contribution"}:
            compared = _compared(*item.statements)
            counts = compared.contribution_counts
            differ = counts.differs + compared.field_counts.differs
            assert compared.is_agreed == (item.scenario == "agreed"), compared
            assert bool(differ) == (item.scenario == "differs"), compared
            if item.scenario == "one_sided_contribution":
                assert counts.only_ours + counts.only_theirs
        if item.scenario == "triangular":
            assert len(item.statements) == 3
            assert item.statements[2].content.role == "facilitates"
        if item.scenario == "draft":
            assert reaches == ["draft"]


def _compared(ours, theirs):
    groups = {code.code: code.group for code in codelists.shipped("modality")}
    return reconcile.compare(
        ours.content,
        theirs.content,
        members=(ours.member, theirs.member),
        group_of=groups.__getitem__,
    )


def test_everything_planned_is_there_and_the_chain_holds(plan, loaded, db):
    """A statement that was left out, or written past the audit."""
    assert Activity.objects.count() == loaded.activities == len(plan.activities)
    assert Statement.objects.count() == loaded.statements == len(_contents(plan))
    said = sorted(revision.digest for revision in Revision.objects.all())
    assert said == sorted(content.digest() for _, content in _contents(plan))
    assert Response.objects.filter(kind="objects").count() >= 15
    assert Assessment.objects.exclude(shared_answers=None).count() >= 40
    assert audit.verify().holds


def test_people_of_every_role_can_sign_in(loaded, db):
    """A role that nobody can try, or an address that might be somebody's."""
    assert Person.objects.filter(is_administrator=True).count() == 1
    for member in Member.objects.filter(joined_on__isnull=False):
        roles = set(Person.objects.filter(agency__member=member).values_list("role", flat=True))
        assert roles == set(Person.Role.values)
    for person in Person.objects.all():
        assert person.email.endswith("@example.org")
    assert Person.objects.get(email="focal-point.moz@example.org").check_password(PASSWORD)


def test_what_all_parties_published_is_public_and_nothing_else(loaded, db):
    """An activity shown to the public that one party has not published."""
    public = Activity.objects.filter(public=True)
    assert 90 <= public.count() <= 200
    for activity in Activity.objects.all():
        assert activity.public == visibility.is_public(activity)
    seen = visibility.statements(Actor.public())
    assert set(seen.values_list("activity_id", flat=True)) == set(
        public.values_list("pk", flat=True)
    )


def test_every_statement_is_exported_to_iati_and_valid(loaded, db, shared_data):
    """A demonstration activity that IATI's schema or ruleset refuses."""
    against = standard.find(shared_data / "iati_standard")
    for member in loaded.plan.members():
        out = io.BytesIO()
        written = exchange.export_iati(Actor.operator(member), out)
        assert not written.refused
        findings = validating.validate(out.getvalue(), against)
        assert validating.is_clean(findings), [f for f in findings if f.level != "warning"][:3]
