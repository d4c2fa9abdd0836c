"""Who calls: by a bearer token, or anybody. A browser's session counts for nothing here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninja.errors import AuthenticationError
from ninja.security import HttpBearer

from bandung.errors import NotAllowedError
from bandung.register.actions import people
from bandung.register.actor import READ, Actor

if TYPE_CHECKING:
    from django.http import HttpRequest

READING = ("GET", "HEAD")
MOST_CHARACTERS = 200


class Token(HttpBearer):
    """A token of `bandung.register.actions.people.add_token`."""

    def __call__(self, request: HttpRequest) -> Actor | None:
        """Return whom a token stands for; None where none was sent.

        Raises
        ------
        AuthenticationError
            When what was sent is no token that stands.
        NotAllowedError
            When it may not read.
        """
        sent = request.headers.get(self.header)
        if sent is None:
            return None
        scheme, _, secret = sent.partition(" ")
        actor = self.authenticate(request, secret.strip()) if scheme.lower() == "bearer" else None
        if actor is None:
            raise AuthenticationError
        if request.method in READING and READ not in actor.scopes:
            raise NotAllowedError("reading needs a token with the scope 'read'")
        return actor

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Return whom a token stands for; None for any other text."""
        del request
        if len(token) > MOST_CHARACTERS or not (token.isascii() and token.isprintable()):
            return None
        return people.actor_of_token(token)


def anybody(request: HttpRequest) -> Actor:
    """Return the public: what it sees needs no token."""
    del request
    return Actor.public()


TOKEN = Token()
OPEN = [TOKEN, anybody]
