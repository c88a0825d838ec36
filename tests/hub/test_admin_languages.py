"""The admin is whole in both languages: no page of it has a word of the other."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from hub.literals import HAN
from ordering.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    """Somebody who may see everything."""
    user = User.objects.create(username="boss", name="Boss", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user, "ordering.users.credentials.GuardedBackend")
    return client


def pages():
    """The start page, every list, and every form to add something."""
    yield "admin:index"
    for model in set(admin.site._registry) - {Group}:  # its permissions are rows with names
        yield f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        yield f"admin:{model._meta.app_label}_{model._meta.model_name}_add"


def body(client, name, language):
    answer = client.get(reverse(name), HTTP_ACCEPT_LANGUAGE=language)
    return answer.content.decode() if answer.status_code == 200 else ""


def test_no_chinese_in_english(boss):
    seen = 0
    for name in pages():
        text = body(boss, name, "en")
        assert not HAN.search(text), (name, HAN.findall(text))
        seen += bool(text)
    assert seen > 20


def test_control_the_same_pages_are_chinese_otherwise(boss):
    assert all(HAN.search(text) for name in pages() if (text := body(boss, name, "zh-CN")))
