"""Demonstration register: eight members and some three hundred activities, all made up.

Everything is written for the purpose; no activity, person or agency in it exists. The same seed
gives the same register. It is loaded by the actions that people's entries go through.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from bandung.errors import RegisterError
from bandung.register import codelists, demo_activities, demo_texts, mirror
from bandung.register.actions import assessments, demonstration, people, responses
from bandung.register.actions import codelists as list_actions
from bandung.register.actor import Actor
from bandung.register.demo_plan import (
    Plan,
    PlannedActivity,
    PlannedAgency,
    PlannedAssessment,
    PlannedPerson,
    PlannedResponse,
    PlannedStatement,
)
from bandung.register.models import Person, Response, Statement

if TYPE_CHECKING:
    from bandung.register.content import Content
    from bandung.register.demo_activities import Setting
    from bandung.register.demo_plan import Reach, Scenario
    from bandung.register.models import Agency

SEED = 1955
DOMAIN = "example.org"
ADMINISTRATOR = f"administrator@{DOMAIN}"
ROUNDS = 3
SCENARIOS: dict[Scenario, int] = {
    "agreed": 38,
    "differs": 16,
    "one_sided_contribution": 8,
    "only_provider": 12,
    "only_receiver": 5,
    "objected": 7,
    "draft": 6,
    "in_approval": 4,
    "triangular": 4,
}
TWINS = 6
Role = Person.Role
STEPS: dict[Reach, int] = {
    "draft": 0,
    "agency_approved": 1,
    "approved": 2,
    "shared": 3,
    "published": 4,
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded."""

    plan: Plan
    activities: int
    statements: int


def build(seed: int = SEED) -> Plan:
    """Compose the demonstration register; nothing is written.

    Examples
    --------
    >>> plan = build()
    >>> len(plan.members()), plan == build(1955), plan == build(1956)
    (8, True, False)
    """
    agencies = tuple(
        PlannedAgency(row["reference"], row["member"], row["name"], row["kind"], row["language"])
        for row in demo_texts.rows("agencies")
    )
    activities = [
        _activity(_rng(seed, number), scenario, modality, agencies)
        for number, (scenario, modality) in enumerate(_programme(seed))
    ]
    for number in range(2 * TWINS):
        kind: Scenario = "duplicate" if number % 2 else "unlinked"
        activities += _twins(_rng(seed, 10_000 + number), kind, agencies)
    return Plan(seed, agencies, _people(agencies), tuple(activities))


@transaction.atomic
def load(plan: Plan | None = None, *, password: str | None = None) -> Loaded:
    """Write the demonstration register into an empty one.

    Parameters
    ----------
    plan
        What `build` composed; that of the usual seed when None.
    password
        The password of everybody in it; without one nobody can sign in.

    Raises
    ------
    RegisterError
        When the register has people or statements already.
    """
    if Statement.objects.exists() or Person.objects.exists():
        raise RegisterError(
            _("This register is in use already: load the demonstration into an empty one.")
        )
    plan = plan or build()
    list_actions.install_shipped(Actor.operator())
    persons = _add_people(plan)
    if password is not None:
        demonstration.share_password(Actor.operator(), password)
    written = _write_statements(plan, persons)
    with codelists.held():
        for number, planned in enumerate(plan.activities):
            _write_answers(planned, written[number, 0], persons)
    return Loaded(plan, len(plan.activities), len(written))


def _rng(seed: int, number: int) -> Random:
    return Random(f"{seed}:{number}")  # noqa: S311 - the same data from the same seed, no secret


def _programme(seed: int) -> list[tuple[Scenario, str]]:
    """Return scenario and main modality of every activity: each modality comes several times."""
    rng = _rng(seed, -1)
    excluded = {code.code for code in codelists.shipped("modality") if code.exclusion}
    every = [code.code for code in codelists.shipped("modality")]
    usual = [code for code in codelists.shipped("modality") if code.code not in excluded]
    scenarios = [name for name, count in SCENARIOS.items() for _ in range(count * ROUNDS)]
    rng.shuffle(scenarios)
    weights = [{"A": 2, "B": 3, "C": 4}[code.group] for code in usual]
    more = rng.choices([code.code for code in usual], weights, k=len(scenarios) - 2 * len(every))
    modalities = every * 2 + more
    rng.shuffle(modalities)
    return list(zip(scenarios, modalities, strict=True))


def _activity(
    rng: Random, scenario: Scenario, modality: str, agencies: tuple[PlannedAgency, ...]
) -> PlannedActivity:
    about = demo_activities.setting(rng, modality, triangular=scenario == "triangular")
    acting = _acting(rng, about, agencies)
    first = demo_activities.account(rng, about, acting)
    second = _answer(first, about, about.receiver)
    compose = _BY_SCENARIO[scenario]
    planned = compose(rng, about, acting, first, second)
    return replace(planned, scenario=scenario)


def _acting(
    rng: Random, about: Setting, agencies: tuple[PlannedAgency, ...]
) -> dict[str, PlannedAgency]:
    """Choose the agency that acts for each party."""
    parties = [about.provider, about.receiver, *filter(None, [about.facilitator])]
    return {
        party: rng.choice([agency for agency in agencies if agency.member == party])
        for party in parties
    }


def _answer(content: Content, about: Setting, member: str) -> Content:
    answered = mirror.mirrored(content, mine=member, theirs=about.provider)
    return demo_activities.in_own_words(answered, about, member)


def _statement(
    member: str, acting: dict[str, PlannedAgency], content: Content, reach: Reach
) -> PlannedStatement:
    return PlannedStatement(member, acting[member].key, content, reach)


def _both(
    about: Setting,
    acting: dict[str, PlannedAgency],
    first: tuple[Content, Reach],
    second: tuple[Content, Reach],
) -> tuple[PlannedStatement, ...]:
    return (
        _statement(about.provider, acting, *first),
        _statement(about.receiver, acting, *second),
    )


def _agreed(
    rng: Random, about: Setting, acting: dict[str, PlannedAgency], first: Content, second: Content
) -> PlannedActivity:
    reach: Reach = "published" if rng.random() < 0.8 else "shared"
    answers: tuple[PlannedAssessment, ...] = ()
    if rng.random() < 0.4 and first.status == "closed":
        answers = tuple(
            PlannedAssessment(member, _answers(rng, member), shared=rng.random() < 0.8)
            for member in (about.provider, about.receiver)
        )
    accepted: tuple[PlannedResponse, ...] = ()
    if rng.random() < 0.25 and _received(first, about.receiver):
        accepted = (PlannedResponse(about.receiver, "", accepts=True),)
    told = _both(about, acting, (first, "published"), (second, reach))
    return PlannedActivity("agreed", told, accepted, answers)


def _differs(
    rng: Random, about: Setting, acting: dict[str, PlannedAgency], first: Content, second: Content
) -> PlannedActivity:
    second = demo_activities.told_differently(rng, second)
    reach: Reach = "published" if rng.random() < 0.5 else "shared"
    return PlannedActivity("differs", _both(about, acting, (first, reach), (second, reach)))


def _one_sided_contribution(
    rng: Random, about: Setting, acting: dict[str, PlannedAgency], first: Content, second: Content
) -> PlannedActivity:
    if rng.random() < 0.5:
        first = demo_activities.with_one_more(rng, first, about)
    else:
        second = demo_activities.with_one_more(rng, second, about)
    told = _both(about, acting, (first, "shared"), (second, "shared"))
    return PlannedActivity("one_sided_contribution", told)


def _only_provider(
    rng: Random, about: Setting, acting: dict[str, PlannedAgency], first: Content, second: Content
) -> PlannedActivity:
    reach: Reach = "published" if rng.random() < 0.5 else "shared"
    told = [_statement(about.provider, acting, first, reach)]
    if rng.random() < 0.25:
        told.append(_statement(about.receiver, acting, second, "draft"))
    return PlannedActivity("only_provider", tuple(told))


def _only_receiver(
    rng: Random, about: Setting, acting: dict[str, PlannedAgency], first: Content, second: Content
) -> PlannedActivity:
    del rng, first
    told = (_statement(about.receiver, acting, second, "shared"),)
    return PlannedActivity("only_receiver", told)


def _objected(
    rng: Random, about: Setting, acting: dict[str, PlannedAgency], first: Content, second: Content
) -> PlannedActivity:
    reason = rng.choice(demo_texts.phrases("object"))[demo_activities.language(about.receiver)]
    told = [_statement(about.provider, acting, first, "published")]
    if rng.random() < 0.5:
        second = demo_activities.told_differently(rng, second)
        told.append(_statement(about.receiver, acting, second, "shared"))
    received = _received(first, about.receiver)
    objected = received[0] if received and rng.random() < 0.7 else ""
    answer = PlannedResponse(about.receiver, objected, accepts=False, reason=reason)
    return PlannedActivity("objected", tuple(told), (answer,) if received else ())


def _received(content: Content, member: str) -> list[str]:
    return [item.key for item in content.contributions if item.receiver == member]


def _draft(
    rng: Random, about: Setting, acting: dict[str, PlannedAgency], first: Content, second: Content
) -> PlannedActivity:
    if rng.random() < 0.5:
        return PlannedActivity("draft", (_statement(about.provider, acting, first, "draft"),))
    return PlannedActivity("draft", (_statement(about.receiver, acting, second, "draft"),))


def _in_approval(
    rng: Random, about: Setting, acting: dict[str, PlannedAgency], first: Content, second: Content
) -> PlannedActivity:
    del second
    reach: Reach = "agency_approved" if rng.random() < 0.5 else "approved"
    return PlannedActivity("in_approval", (_statement(about.provider, acting, first, reach),))


def _triangular(
    rng: Random, about: Setting, acting: dict[str, PlannedAgency], first: Content, second: Content
) -> PlannedActivity:
    third = _answer(first, about, about.facilitator).model_copy(update={"role": "facilitates"})
    reach: Reach = "published" if rng.random() < 0.6 else "shared"
    told = (
        *_both(about, acting, (first, "published"), (second, reach)),
        _statement(about.facilitator, acting, third, reach),
    )
    return PlannedActivity("triangular", told)


_BY_SCENARIO = {
    "agreed": _agreed,
    "differs": _differs,
    "one_sided_contribution": _one_sided_contribution,
    "only_provider": _only_provider,
    "only_receiver": _only_receiver,
    "objected": _objected,
    "draft": _draft,
    "in_approval": _in_approval,
    "triangular": _triangular,
}


def _twins(
    rng: Random, kind: Scenario, agencies: tuple[PlannedAgency, ...]
) -> list[PlannedActivity]:
    """Return two activities that are one: told by two agencies, or by two members, apart."""
    about = demo_activities.setting(
        rng, rng.choice(("training", "experts", "equipment", "scholarships")), triangular=False
    )
    acting = _acting(rng, about, agencies)
    first = demo_activities.account(rng, about, acting)
    if kind == "unlinked":
        other = _statement(about.receiver, acting, _answer(first, about, about.receiver), "shared")
        other = replace(other, content=_with_own_keys(rng, other.content))
    else:
        both = [agency for agency in agencies if agency.member == about.receiver]
        told = _answer(first, about, about.receiver)
        near = demo_activities.almost_the_same(rng, told)
        other = PlannedStatement(about.receiver, both[-1].key, near, "draft")
        acting = {**acting, about.receiver: both[0]}
        mine = _statement(about.receiver, acting, told, "approved")
        return [PlannedActivity(kind, (mine,)), PlannedActivity(kind, (other,))]
    return [
        PlannedActivity(kind, (_statement(about.provider, acting, first, "shared"),)),
        PlannedActivity(kind, (other,)),
    ]


def _with_own_keys(rng: Random, content: Content) -> Content:
    items = [
        item.model_copy(update={"key": demo_activities.key(rng)}) for item in content.contributions
    ]
    return content.model_copy(update={"contributions": tuple(items)})


def _answers(rng: Random, member: str) -> dict[str, tuple[int | None, str]]:
    lang = demo_activities.language(member)
    found: dict[str, tuple[int | None, str]] = {}
    for indicator in codelists.shipped("indicator"):
        if rng.random() < 0.1:
            continue
        score = rng.choice((1, 2, 3, 3, 3, 4, 4, None))
        said = rng.choice(demo_texts.phrases("assess"))[lang] if rng.random() < 0.2 else ""
        found[indicator.code] = (score, said)
    return found


def _people(agencies: tuple[PlannedAgency, ...]) -> tuple[PlannedPerson, ...]:
    """Return people: in every role of a member's first agency, editor and approver of others."""
    names = {row["member"]: iter(row["names"].split(";")) for row in demo_texts.rows("people")}
    found = [PlannedPerson(ADMINISTRATOR, "Administrator", "viewer", "", "en")]
    seen: dict[str, int] = {}
    for agency in agencies:
        seen[agency.member] = number = seen.get(agency.member, 0) + 1
        roles = tuple(Role.values) if number == 1 else ("editor", "approver")
        for role in roles:
            account = f"{role.replace('_', '-')}{number if number > 1 else ''}"
            email = f"{account}.{agency.member.lower()}@{DOMAIN}"
            found.append(
                PlannedPerson(email, next(names[agency.member]), role, agency.key, agency.language)
            )
    return tuple(found)


def _add_people(plan: Plan) -> dict[tuple[str, str], Actor]:
    """Add agencies and people; return who acts for an agency, and for a member, in a role."""
    agencies: dict[str, Agency] = {
        planned.key: people.add_agency(
            Actor.operator(planned.member),
            planned.member,
            planned.name,
            kind=planned.kind,
            iati_reference=planned.key,
        )
        for planned in plan.agencies
    }
    actors: dict[tuple[str, str], Actor] = {}
    for planned in plan.people:
        agency = agencies.get(planned.agency)
        member = agency.member_id if agency else ""
        person = people.add_person(
            Actor.operator(member),
            planned.email,
            planned.name,
            agency=agency,
            role=planned.role,
            language=planned.language,
        )
        actors[planned.agency, planned.role] = Actor.of(person)
        if planned.role == Role.FOCAL_POINT:
            actors[member, planned.role] = Actor.of(person)
    return actors


def _write_statements(
    plan: Plan, actors: dict[tuple[str, str], Actor]
) -> dict[tuple[int, int], Statement]:
    """Return the statements by number of the activity, and of the statement within it."""
    places, entries = [], []
    for number, planned in enumerate(plan.activities):
        for which, said in enumerate(planned.statements):
            places.append((number, which))
            entries.append(
                demonstration.Entered(
                    activity=number,
                    content=said.content,
                    editor=actors[said.agency, Role.EDITOR],
                    approver=actors[said.agency, Role.APPROVER],
                    focal_point=actors[said.member, Role.FOCAL_POINT],
                    steps=STEPS[said.reach],
                )
            )
    written = demonstration.enter(Actor.operator(), entries)
    return dict(zip(places, written, strict=True))


def _write_answers(
    planned: PlannedActivity, first: Statement, actors: dict[tuple[str, str], Actor]
) -> None:
    """Write what partners respond to the first statement, and how they assess the activity."""
    for answer in planned.responses:
        responses.respond(
            actors[answer.member, Role.FOCAL_POINT],
            first.pk,
            kind=Response.Kind.ACCEPTS if answer.accepts else Response.Kind.OBJECTS,
            expected_revision=1,
            contribution_key=answer.contribution,
            reason=answer.reason,
        )
    for assessed in planned.assessments:
        actor = actors[assessed.member, Role.FOCAL_POINT]
        answers = {code: assessments.Answer(*said) for code, said in assessed.answers.items()}
        saved = assessments.save(
            actor, first.activity_id, answers, expected_version=assessments.NEW
        )
        if assessed.shared:
            assessments.share(actor, first.activity_id, expected_version=saved.version)
