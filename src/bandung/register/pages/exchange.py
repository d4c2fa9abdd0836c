"""Files in and out of a member's record: import with its preview, template, exports."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from bandung.errors import EditConflictError, InputError, NotAllowedError, NotFoundError
from bandung.register import exchange, previews
from bandung.register.actor import actor_of
from bandung.register.models import Person
from bandung.register.pages import filters, localised
from bandung.register.pages.access import signed_in

if TYPE_CHECKING:
    from typing import BinaryIO
    from uuid import UUID

    from django.http import HttpRequest

    from bandung.register.actor import Actor

FORM_BYTES = 64 * 1024
"""What a form may add to the file in it."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XML = "application/xml"
WHICH = ("working", "published")


class FileForm(forms.Form):
    """A file to be looked at."""

    file = forms.FileField(
        label=gettext_lazy("Excel workbook (.xlsx) or IATI file (.xml)"),
        max_length=300,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xml"}),
    )


def too_large(request: HttpRequest) -> bool:
    """Whether a request is larger than a file may be, known before any of it is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdecimal() or int(length) > exchange.MOST_BYTES + FORM_BYTES


def refuse_size(request: HttpRequest) -> HttpResponse:
    """Say how large a file may be."""
    most = localised.file_size(exchange.MOST_BYTES)
    return render(
        request,
        "register/too_large.html",
        {"most": most},
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )


@csrf_exempt
def import_file(request: HttpRequest) -> HttpResponse:
    """Take a file to be looked at; one that is too large is refused before it is read."""
    if too_large(request):
        return refuse_size(request)
    return _import_file(request)


@csrf_protect
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@filters.with_lists
def _import_file(request: HttpRequest) -> HttpResponse:
    actor = of_a_member(request)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        if given.size > exchange.MOST_BYTES:
            return refuse_size(request)
        try:
            preview = previews.keep_preview(actor, given.name, given.read(), localised.lang())
        except NotAllowedError:
            raise
        except InputError as error:
            form.add_error("file", str(error))
        else:
            return redirect("import-preview", key=preview.pk)
    said = {
        "form": form,
        "may_import": actor.may(Person.Role.EDITOR),
        "most": localised.file_size(exchange.MOST_BYTES),
    }
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "register/import.html", said, status=status)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@filters.with_lists
def import_preview(request: HttpRequest, key: UUID) -> HttpResponse:
    """Show what a file would do; do it, or forget the file."""
    actor, status = of_a_member(request), HTTPStatus.OK
    preview = previews.kept_preview(actor, key)
    if request.method == "POST" and "drop" in request.POST:
        previews.drop_preview(actor, key)
        messages.success(request, _("The file was put aside. Nothing was changed."))
        return redirect("import")
    if request.method == "POST":
        try:
            previews.accept_preview(actor, key)
        except EditConflictError:
            preview = previews.look_again(actor, key)
            status = HTTPStatus.CONFLICT
            messages.warning(
                request,
                _(
                    "The record changed since you looked at this file, and nothing was taken in. "
                    "Below is what the file would do now."
                ),
            )
        else:
            messages.success(request, _("The file was taken in."))
            return redirect("activities")
    summary = preview.summary
    said = {
        "preview": preview,
        "counts": summary["counts"],
        "findings": summary["findings"],
        "findings_more": summary["findings_count"] - len(summary["findings"]),
        "added": summary["added"],
        "added_more": summary["counts"]["added"] - len(summary["added"]),
        "changed": summary["changed"],
        "changed_more": summary["counts"]["changed"] - len(summary["changed"]),
        "left_out": summary["left_out"],
        "does_something": summary["counts"]["added"] + summary["counts"]["changed"] > 0,
    }
    return render(request, "register/import_preview.html", said, status=status)


@signed_in
@require_safe
@filters.with_lists
def template(request: HttpRequest) -> HttpResponse:
    """Send the empty workbook in the reader's language."""
    of_a_member(request)
    lang = localised.lang()
    data = exchange.in_memory(lambda out: exchange.excel_template(out, lang))
    return attachment(data, f"bandung-template-{lang}.xlsx", XLSX)


@signed_in
@require_safe
@filters.with_lists
def export(request: HttpRequest, form: str) -> HttpResponse:
    """Send the member's statements as a workbook or an IATI file.

    Raises
    ------
    NotFoundError
        When the form, or the state that is asked for, is unknown.
    """
    actor, lang = of_a_member(request), localised.lang()
    which = request.GET.get("which", WHICH[0])
    if which not in WHICH or form not in {"xlsx", "xml"}:
        raise NotFoundError("there is no such export")
    name = f"{actor.member.lower()}-{which}.{form}"
    if form == "xlsx":
        data = exchange.in_memory(
            lambda out: exchange.export_excel(actor, out, lang, which=which)  # type: ignore[arg-type]
        )
        return attachment(data, name, XLSX)

    def write(out: BinaryIO) -> None:
        exchange.export_iati(actor, out, lang, which=which)  # type: ignore[arg-type]

    try:
        return attachment(exchange.in_memory(write), name, XML)
    except NotAllowedError:
        raise
    except InputError as error:
        messages.error(request, str(error))
        return redirect("import")


def attachment(data: bytes, name: str, kind: str) -> HttpResponse:
    """Return a file to be kept."""
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def of_a_member(request: HttpRequest) -> Actor:
    """Return who asks, if it is of a member.

    Raises
    ------
    NotAllowedError
        When it is an administrator of the server, who belongs to no member.
    """
    actor = actor_of(request)
    if not actor.member:
        raise NotAllowedError(_("This page is for people of a member’s agencies."))
    return actor
