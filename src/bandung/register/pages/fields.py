"""Fields that read what people type: countries and codes by name, numbers and dates by CLDR."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bandung.register.pages import localised, searching_codes

DECIMALS, FIGURES = 6, 18


class ChooserInput(forms.TextInput):
    """A text field with a list of the codes that the text may mean."""

    template_name = "register/parts/chooser.html"

    def __init__(self, source: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.source = source

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ANN401 - Django's signature
        """Return what the template needs."""
        context = super().get_context(name, value, attrs)
        context["widget"]["source"] = self.source
        return context


class CodeField(forms.CharField):
    """A code of a list, typed as its code or its name in any of the five languages."""

    def __init__(self, source: str, **options: Any) -> None:  # noqa: ANN401 - Django's options
        attrs = options.pop("attrs", None)
        super().__init__(widget=ChooserInput(source, attrs), **options)
        self.source = source

    def clean(self, value: Any) -> str:  # noqa: ANN401 - Django's signature
        """Return the code.

        Raises
        ------
        ValidationError
            When the text means no code, or several; the nearest are named.
        """
        text = super().clean(value)
        if not text:
            return ""
        return searching_codes.resolve(self.source, text)

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's signature
        """Show a code by its name; what was typed stays as it was typed."""
        return searching_codes.shown(self.source, value) if isinstance(value, str) else value


class NumberField(forms.CharField):
    """A number as the page's language writes it, within limits if there are any."""

    def __init__(self, *, low: int | None = None, high: int | None = None, **options: Any) -> None:  # noqa: ANN401 - Django's options
        attrs = {"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}
        super().__init__(widget=forms.TextInput(attrs), **options)
        self.low, self.high = low, high

    def clean(self, value: Any) -> Decimal | None:  # noqa: ANN401 - Django's signature
        """Return the number, None where nothing was typed."""
        text = super().clean(value)
        if not text:
            return None
        try:
            number = localised.read_number(text)
        except ValueError:
            raise ValidationError(
                _("“%(text)s” is no number: write it as in %(example)s.")
                % {"text": text, "example": localised.number(Decimal("1250.5"))}
            ) from None
        self._check(number)
        return number

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's signature
        """Show a number in the page's language."""
        return localised.plain_number(value) if isinstance(value, Decimal) else value

    def _check(self, number: Decimal) -> None:
        if self.low is not None and self.high is not None and not self.low <= number <= self.high:
            raise ValidationError(
                _("Write a number from %(low)s to %(high)s.")
                % {"low": localised.number(self.low), "high": localised.number(self.high)}
            )
        exponent = number.normalize().as_tuple().exponent
        too_fine = isinstance(exponent, int) and -exponent > DECIMALS
        if too_fine or number.adjusted() >= FIGURES:
            raise ValidationError(_("Write at most 18 figures, and six after the decimal sign."))


class DayField(forms.CharField):
    """A date: year first, or day first, or in the order of the page's language."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - Django's options
        attrs = {"autocomplete": "off", "dir": "ltr", "placeholder": "2024-03-31"}
        super().__init__(widget=forms.TextInput(attrs), **options)

    def clean(self, value: Any) -> dt.date | None:  # noqa: ANN401 - Django's signature
        """Return the date, None where nothing was typed."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return localised.read_day(text)
        except ValueError:
            raise ValidationError(
                _("“%(text)s” is no date: write year, month and day, as in 2024-03-31.")
                % {"text": text}
            ) from None

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's signature
        """Show a date year first, which every language reads alike."""
        return value.isoformat() if isinstance(value, dt.date) else value
