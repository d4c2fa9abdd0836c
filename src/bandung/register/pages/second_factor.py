"""The second factor: giving it, setting it up, removing it."""

from __future__ import annotations

from base64 import b32encode
from typing import TYPE_CHECKING

import segno
from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import devices_for_user, login, verify_token

from bandung.errors import RegisterError
from bandung.register.actions import second_factor as actions
from bandung.register.actor import actor_of
from bandung.register.models import Person
from bandung.register.pages.access import signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django_otp.plugins.otp_totp.models import TOTPDevice

_MARKS = {ord(sign): None for sign in " -\u200e\u200f"}


class CodeForm(forms.Form):
    """A code of the application, or a recovery code."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("The six figures that the application shows, or a recovery code."),
        max_length=16,
        widget=forms.TextInput({"autocomplete": "one-time-code", "dir": "ltr", "autofocus": True}),
    )

    def clean_code(self) -> str:
        """Read figures of any script."""
        code = str(self.cleaned_data["code"]).translate(_MARKS).lower()
        return "".join(str(int(sign)) if sign.isdecimal() else sign for sign in code)


class RemovalForm(forms.Form):
    """The password, before the second factor is removed."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


@sensitive_post_parameters("code", "password")
@signed_in
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the code at sign-in; later, set the second factor up or remove it."""
    person = request.user
    assert isinstance(person, Person)  # noqa: S101 - `signed_in` says so
    if not actions.is_on(person):
        return _set_up(request)
    if not person.is_verified():  # type: ignore[attr-defined]
        return _ask(request, person)
    return _remove(request)


def _ask(request: HttpRequest, person: Person) -> HttpResponse:
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        for device in devices_for_user(person):
            if verify_token(person, device.persistent_id, form.cleaned_data["code"]):
                login(request, device)
                return redirect("inbox")
        form.add_error(
            "code",
            _("The code does not fit, or came too soon after another: wait for the next one."),
        )
    return render(request, "register/second_factor_ask.html", {"form": form})


def _set_up(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = CodeForm(request.POST or None)
    device = actions.begin(actor)
    if request.method == "POST" and form.is_valid():
        try:
            device, codes = actions.confirm(actor, form.cleaned_data["code"])
        except RegisterError:
            form.add_error("code", _("The code does not fit: type the one that is shown now."))
        else:
            login(request, device)
            return render(request, "register/second_factor_codes.html", {"codes": codes})
    context = {"form": form, "qr": _qr(device), "secret": _secret(device)}
    return render(request, "register/second_factor_set_up.html", context)


def _remove(request: HttpRequest) -> HttpResponse:
    form = RemovalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.remove(actor_of(request), form.cleaned_data["password"])
        except RegisterError:
            form.add_error("password", _("This is not your password."))
        else:
            messages.success(request, _("The second factor is removed."))
            return redirect(reverse("account"))
    return render(request, "register/second_factor_remove.html", {"form": form})


def _secret(device: TOTPDevice) -> str:
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _qr(device: TOTPDevice) -> str:
    drawn = segno.make(device.config_url, error="m").svg_inline(
        scale=4, border=2, dark="#000", light="#fff", omitsize=True
    )
    return mark_safe(drawn)  # noqa: S308 - drawn by segno, of paths only
