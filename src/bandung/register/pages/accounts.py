"""Opening the register, signing in, and what belongs to oneself: language, password, tokens."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from bandung.codes.tables import LANGUAGES
from bandung.errors import NotFoundError, RegisterError
from bandung.register import places
from bandung.register.actions import first_person, people, second_factor
from bandung.register.actor import READ, WRITE, actor_of
from bandung.register.pages import localised
from bandung.register.pages.access import signed_in
from bandung.register.pages.fields import CodeField

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from bandung.register.models import Person

BACKEND = "django.contrib.auth.backends.ModelBackend"
LONGEST_DAYS = 366
YEAR_S = 365 * 24 * 3600


class SetupForm(forms.Form):
    """The first focal point and its agency."""

    country = CodeField(
        "country",
        label=gettext_lazy("Country"),
        help_text=gettext_lazy("Type its name in any of the five languages."),
    )
    agency = forms.CharField(
        label=gettext_lazy("Your agency"),
        help_text=gettext_lazy("The body that keeps the record, as it calls itself."),
        max_length=300,
    )
    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        help_text=gettext_lazy("You sign in with it. No message is sent."),
        widget=forms.EmailInput({"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        help_text=gettext_lazy("Twelve characters or more; a sentence is easy to keep in mind."),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=False),
    )
    again = forms.CharField(
        label=gettext_lazy("The same password again"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=False),
    )
    code = forms.CharField(
        label=gettext_lazy("Setup code"),
        help_text=gettext_lazy("The server printed it when it started."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, with_code: bool, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        if not with_code:
            del self.fields["code"]

    def clean_code(self) -> str:
        """Refuse a wrong setup code."""
        code = str(self.cleaned_data["code"])
        if not first_person.is_setup_code(code):
            raise forms.ValidationError(_("This is not the setup code of this server."))
        return code

    def clean(self) -> dict[str, Any]:
        """Refuse two passwords that are not the same."""
        said = super().clean() or {}
        if "password" in said and "again" in said and said["password"] != said["again"]:
            self.add_error("again", _("The two passwords are not the same: type both again."))
        return said


class SignInForm(AuthenticationForm):
    """E-mail address and password."""

    error_messages = {  # noqa: RUF012 - Django's way to word them
        "invalid_login": gettext_lazy(
            "The e-mail address and the password do not belong together: type both again."
        ),
        "inactive": gettext_lazy(
            "The e-mail address and the password do not belong together: type both again."
        ),
    }

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        self.fields["username"].label = _("E-mail address")
        self.fields["username"].widget = forms.EmailInput(
            {"autocomplete": "username", "autofocus": True, "maxlength": 254}
        )
        self.fields["password"].label = _("Password")

    def clean_username(self) -> str:
        """Count attempts of one address together, however it is written."""
        return str(self.cleaned_data["username"]).strip().lower()


class SignInView(LoginView):
    """Signing in; too many attempts close it for a while."""

    template_name = "register/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, and speak the person's language unless one was chosen on this machine."""
        response = super().form_valid(form)
        if settings.LANGUAGE_COOKIE_NAME not in self.request.COOKIES:
            remember_language(response, form.get_user().language)
        return response


class PasswordForm(forms.Form):
    """One's own new password."""

    old = forms.CharField(
        label=gettext_lazy("Password now"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=gettext_lazy("New password"),
        help_text=gettext_lazy("Twelve characters or more; a sentence is easy to keep in mind."),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=gettext_lazy("The new password again"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, person: Person, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **options)
        self.person = person

    def clean_old(self) -> str:
        """Refuse a wrong password."""
        old = str(self.cleaned_data["old"])
        if not self.person.check_password(old):
            raise forms.ValidationError(_("This is not your password."))
        return old

    def clean(self) -> dict[str, Any]:
        """Refuse two new passwords that are not the same."""
        said = super().clean() or {}
        if "new" in said and "again" in said and said["new"] != said["again"]:
            self.add_error("again", _("The two passwords are not the same: type both again."))
        return said


class TokenForm(forms.Form):
    """A key for a program."""

    name = forms.CharField(
        label=gettext_lazy("What is it for?"),
        help_text=gettext_lazy("The program or machine that will use it."),
        max_length=100,
    )
    may_write = forms.BooleanField(
        label=gettext_lazy("It may also change things, as far as I may"), required=False
    )
    days = forms.IntegerField(
        label=gettext_lazy("Valid for how many days?"),
        initial=90,
        min_value=1,
        max_value=LONGEST_DAYS,
    )


@sensitive_post_parameters("password", "again", "code")
def setup(request: HttpRequest) -> HttpResponse:
    """Make the first focal point; there is no such page once somebody is there."""
    if not first_person.is_needed():
        raise NotFoundError("this register has people already: sign in")
    with_code = places.is_service()
    form = SetupForm(request.POST or None, with_code=with_code)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            person = first_person.create(
                member=said["country"],
                agency=said["agency"],
                name=said["name"],
                email=said["email"],
                password=said["password"],
                language=localised.lang(),
            )
        except NotFoundError:
            raise
        except RegisterError as error:
            form.add_error("password", str(error))
        else:
            login(request, person, backend=BACKEND)
            messages.success(request, _("The register is open. Begin with your first statement."))
            return redirect("inbox")
    return render(request, "register/setup.html", {"form": form})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    logout(request)
    return redirect("start")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Read on in another language, and remember it."""
    chosen = request.POST.get("language", "")
    if chosen not in LANGUAGES:
        raise RegisterError(_("The pages are not in that language: choose one of the five."))
    actor = actor_of(request)
    if actor.person is not None:
        people.set_language(actor, chosen)
    response = redirect(_safe(request, request.POST.get("next", "")))
    remember_language(response, chosen)
    return response


@signed_in
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Show what belongs to oneself."""
    return _account(request)


@sensitive_post_parameters("old", "new", "again")
@signed_in
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password."""
    actor = actor_of(request)
    assert actor.person is not None  # noqa: S101 - `signed_in` says so
    form = PasswordForm(actor.person, request.POST)
    if form.is_valid():
        try:
            people.set_password(actor, actor.person, form.cleaned_data["new"])
        except RegisterError as error:
            form.add_error("new", str(error))
        else:
            update_session_auth_hash(request, actor.person)
            messages.success(request, _("Your password is changed."))
            return redirect("account")
    return _account(request, password_form=form)


@signed_in
def tokens(request: HttpRequest) -> HttpResponse:
    """Make a token, or end one; without either, the page of the account."""
    actor = actor_of(request)
    if request.method != "POST":
        return redirect(f"{reverse('account')}#tokens")
    if "revoke" in request.POST:
        people.revoke_token(actor, _uuid(request.POST["revoke"]))
        messages.success(request, _("The token is revoked: nothing can use it any more."))
        return redirect("account")
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _account(request, token_form=form)
    scopes = [READ, WRITE] if form.cleaned_data["may_write"] else [READ]
    until = timezone.now() + dt.timedelta(days=form.cleaned_data["days"])
    _token, secret = people.add_token(actor, form.cleaned_data["name"], scopes, expires_at=until)
    return _account(request, secret=secret)


def remember_language(response: HttpResponse, code: str) -> None:
    """Keep a language on the reader's machine."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=YEAR_S,
        secure=bool(settings.LANGUAGE_COOKIE_SECURE),
        samesite="Lax",
    )


def _account(
    request: HttpRequest,
    *,
    password_form: PasswordForm | None = None,
    token_form: TokenForm | None = None,
    secret: str = "",
) -> HttpResponse:
    person = actor_of(request).person
    assert person is not None  # noqa: S101 - `signed_in` says so
    return render(
        request,
        "register/account.html",
        {
            "person": person,
            "password_form": password_form or PasswordForm(person),
            "token_form": token_form or TokenForm(),
            "tokens": person.tokens.order_by("-created_at"),
            "now": timezone.now(),
            "secret": secret,
            "second_factor": second_factor.is_on(person),
        },
    )


def _safe(request: HttpRequest, address: str) -> str:
    own = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if own and address else reverse("start")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(f"there is no token {text} of yours") from None
