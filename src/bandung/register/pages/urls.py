"""The addresses of the pages."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from bandung.register.pages import (
    accounts,
    activity,
    assessment,
    codes,
    inbox,
    second_factor,
    statements,
    suggestions,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("setup/", accounts.setup, name="setup"),
    path("sign-in/", accounts.SignInView.as_view(), name="sign-in"),
    path("sign-out/", accounts.sign_out, name="sign-out"),
    path("second-factor/", second_factor.second_factor, name="second-factor"),
    path("language/", accounts.language, name="language"),
    path("account/", accounts.account, name="account"),
    path("account/password/", accounts.password, name="account-password"),
    path("account/tokens/", accounts.tokens, name="tokens"),
    path("codes/search/", codes.search, name="code-search"),
    path("codes/units/", statements.units, name="code-units"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("activities/<uuid:key>/", activity.activity, name="activity"),
    path("activities/<uuid:key>/answer/", statements.answer, name="activity-answer"),
    path("activities/<uuid:key>/assessment/", assessment.assessment, name="assessment"),
    path("activities/<uuid:key>/pairing/", suggestions.pair, name="pair"),
    path("suggestions/", suggestions.suggestions, name="suggestions"),
    path("suggestions/decide/", suggestions.decide, name="suggestion-decide"),
    path("suggestions/merge/", suggestions.merge, name="merge"),
    path("suggestions/merge/<uuid:key>/undo/", suggestions.undo, name="merge-undo"),
    path("statements/new/", statements.new, name="statement-new"),
    path("statements/<uuid:key>/edit/", statements.edit, name="statement-edit"),
    path("statements/<uuid:key>/history/", statements.history, name="statement-history"),
    path("statements/<uuid:key>/respond/", activity.respond, name="respond"),
    path("statements/<uuid:key>/<slug:step>/", statements.step, name="statement-step"),
]
if find_spec("bandung.register.pages.urls_public"):
    urlpatterns.append(path("", include("bandung.register.pages.urls_public")))
