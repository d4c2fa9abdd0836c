"""Several people who change one activity at the same time, each from a connection of its own."""

from __future__ import annotations

import os
import threading

from django.db import connection

from bandung.register import visibility
from bandung.register.actions import statements
from bandung.register.actor import Actor
from bandung.register.models import Activity, Person, Revision, Statement

KIND = "postgresql" if os.environ.get("BANDUNG_DATABASE") else "sqlite"
ROUNDS = 6


def test_parties_who_act_on_one_activity_at_once_take_turns(new_place):
    """Neither is refused nor sent an error, and what lists go by is what the statements say."""
    with new_place(KIND, filled=True).opened():
        ready, failed = threading.Barrier(2), []
        workers = [
            threading.Thread(target=_work, args=(member, ready, failed))
            for member in ("BRA", "MOZ")
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert failed == []
        activity = Activity.objects.get()
        assert activity.public == visibility.is_public(activity)
        shown = Statement.objects.values_list("working", "shared", "published")
        for place, flag in enumerate(("is_working", "is_shared", "is_public")):
            marked = set(Revision.objects.filter(**{flag: True}).values_list("pk", flat=True))
            pointed = {keys[place] for keys in shown} - {None}
            assert marked == (pointed if activity.public or flag != "is_public" else set()), flag


def _work(member, ready, failed):
    """Change, share, publish and withdraw one's own statement again and again."""
    try:
        actor = Actor.of(Person.objects.get(agency__member=member))
        mine = Statement.objects.get(member=member)
        said = statements.said_in(mine)
        ready.wait()
        for number in range(ROUNDS):
            text = {"en": f"{member} in round {number}"}
            new = said.model_copy(update={"descriptions": text})
            mine = statements.save(actor, mine.pk, new, expected_version=mine.version)
            for step in (statements.approve, statements.share, statements.publish):
                mine = step(actor, mine.pk, expected_version=mine.version)
            if number % 3 == 2:
                mine = statements.withdraw(actor, mine.pk, expected_version=mine.version)
    except Exception as error:  # noqa: BLE001 - whatever a thread meets fails the test
        failed.append(repr(error))
        ready.abort()
    finally:
        connection.close()
