"""The addresses of the start page, lists, overview, members, exchange and management."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bandung.register.pages import (
    exchange,
    lists,
    manage,
    manage_lists,
    members,
    overview,
    returning,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview.start, name="start"),
    path("activities/", lists.activities, name="activities"),
    path("activities.csv", lists.as_csv, name="activities-csv"),
    path("activities.xlsx", lists.as_workbook, name="activities-xlsx"),
    path("overview/", overview.overview, name="overview"),
    path("members/", members.members, name="members"),
    path("members/<str:code>/", members.member, name="member"),
    path("exchange/import/", exchange.import_file, name="import"),
    path("exchange/import/<uuid:key>/", exchange.import_preview, name="import-preview"),
    path("exchange/template.xlsx", exchange.template, name="template"),
    path("exchange/statements.<str:form>", exchange.export, name="export"),
    path("returns/", returning.sdg, name="return-17-3-1"),
    path("returns/<int:year>.<str:form>", returning.sdg_file, name="return-file"),
    path("returns/finance.<str:form>", returning.finance_file, name="finance-file"),
    path("manage/people/", manage.people, name="people"),
    path("manage/people/<uuid:key>/", manage.person, name="person"),
    path("manage/agencies/", manage.agencies, name="agencies"),
    path("manage/agencies/<uuid:key>/", manage.agency, name="agency"),
    path("manage/members/", manage.members, name="manage-members"),
    path("manage/codes/", manage_lists.codes, name="codes"),
    path("manage/codes/<slug:name>/", manage_lists.code_list, name="code-list"),
    path("manage/codes/<slug:name>/list.csv", manage_lists.code_list_csv, name="code-list-csv"),
    path("manage/codes/<slug:name>/import/", manage_lists.import_codes, name="import-codes"),
    path("manage/codes/<slug:name>/add/", manage_lists.code, name="add-code"),
    path("manage/codes/<slug:name>/code/<str:code>/", manage_lists.code, name="code"),
    path("manage/rates/", manage_lists.rates, name="rates"),
    path("manage/rates/import/<slug:kind>/", manage_lists.import_rates, name="import-rates"),
    path("manage/audit/", manage_lists.audit, name="audit"),
]
