import pytest
@pytest.mark.django_db
def test_me(lin, ma, tablet, store):
    print(lin.api.get("/api/v1/me/").json(), ma.api.get("/api/v1/me/").json(), tablet.actor)
