"""Addresses at which managers keep the menu: categories, dishes and their pictures."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.images import Multipart, reencode, uploaded
from hub.rest import change, perform
from ordering.dishes import api, bodies, cards, manage, pictures, queries, schemas
from ordering.dishes.models import Category
from ordering.restaurant.queries import store as store_of
from ordering.users.permissions import require_role

MANAGER = "manager"


class CategoriesView(GenericAPIView):
    """The chapters of a store's menu."""

    queryset = Category.objects.none()
    serializer_class = schemas.StaffCategory
    filter_backends = ()
    access = {"GET": api.STAFF_ACCESS, "POST": MANAGER}

    @extend_schema(operation_id="categories", tags=["catalogue"], responses=schemas.StaffCategory(many=True))
    def get(self, request: Request, code: str) -> Response:
        """Every category in menu order, those off the menu included."""
        store = store_of(code)
        require_role(request.auth, code, *queries.STAFF)
        page = self.paginate_queryset(queries.categories(store))
        return self.get_paginated_response([cards.category_card(category) for category in page or ()])

    @extend_schema(
        operation_id="category_create",
        tags=["catalogue"],
        request=bodies.NewCategory,
        responses={201: schemas.StaffCategory},
    )
    def post(self, request: Request, code: str) -> HttpResponse:
        """Add a category."""
        store = store_of(code)
        require_role(request.auth, code, MANAGER)
        body = accept(bodies.NewCategory, request.data)
        return perform(request, lambda tx: manage.create_category(tx, store, body), status=201)


class CategoryView(APIView):
    """A category."""

    access = {"PATCH": MANAGER, "DELETE": MANAGER}

    @extend_schema(
        operation_id="category_change",
        tags=["catalogue"],
        request=bodies.CategoryChange,
        responses=schemas.StaffCategory,
    )
    def patch(self, request: Request, pk: int) -> HttpResponse:
        """Change what the body names; ``windows`` replaces all of them."""
        category = queries.category_of(request.auth, pk)
        body = accept(bodies.CategoryChange, request.data)
        return perform(request, lambda tx: manage.change_category(tx, category, body))

    @extend_schema(operation_id="category_delete", tags=["catalogue"], responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a category without dishes; 409 ``category.in_use`` otherwise: then take it off the menu."""
        category = queries.category_of(request.auth, pk)
        change(request, lambda tx: manage.delete_category(tx, category))
        return Response(status=204)


class DishesView(api.DishesView):
    """The dishes of a store: what staff see, and a manager's new ones."""

    access = {**api.DishesView.access, "POST": MANAGER}

    @extend_schema(
        operation_id="dish_create",
        tags=["catalogue"],
        request=bodies.NewDish,
        responses={201: schemas.DishCard},
    )
    def post(self, request: Request, code: str) -> HttpResponse:
        """Add a dish with its option groups, or a combo with its items."""
        store = store_of(code)
        require_role(request.auth, code, MANAGER)
        body = accept(bodies.NewDish, request.data)
        return perform(request, lambda tx: manage.create_dish(tx, store, body), status=201)


class DishView(APIView):
    """A dish."""

    access = {"GET": api.STAFF_ACCESS, "PATCH": MANAGER, "DELETE": MANAGER}

    @extend_schema(operation_id="dish", tags=["catalogue"], responses=schemas.DishCard)
    def get(self, request: Request, pk: int) -> Response:
        """A dish with everything a manager writes."""
        return Response(cards.dish_card(queries.dish_of(request.auth, pk)))

    @extend_schema(
        operation_id="dish_change", tags=["catalogue"], request=bodies.DishChange, responses=schemas.DishCard
    )
    def patch(self, request: Request, pk: int) -> HttpResponse:
        """Change what the body names; nested lists replace what was there, rows named by ``id`` stay."""
        dish = queries.dish_of(request.auth, pk, MANAGER)
        body = accept(bodies.DishChange, request.data)
        return perform(request, lambda tx: manage.change_dish(tx, dish, body))

    @extend_schema(operation_id="dish_delete", tags=["catalogue"], responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Take a dish off the menu for good (``is_active`` false): orders go on naming it.

        409 ``dish.in_use`` while a combo on the menu contains it.
        """
        dish = queries.dish_of(request.auth, pk, MANAGER)
        change(request, lambda tx: manage.retire_dish(tx, dish))
        return Response(status=204)


class DishImageView(APIView):
    """A dish's picture."""

    parser_classes = (Multipart,)
    access = {"POST": MANAGER, "DELETE": MANAGER}
    throttle_scope = "upload"

    @extend_schema(
        operation_id="dish_image",
        tags=["catalogue"],
        request={"multipart/form-data": schemas.ImageForm},
        responses=schemas.DishCard,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Show this picture: JPEG, PNG or WebP up to 5 MB; it is written anew without its metadata.

        Refuses 413 ``image.too_large``, 400 ``image.too_many_pixels`` and ``image.not_an_image``.
        """
        dish = queries.dish_of(request.auth, pk, MANAGER)
        large = pictures.keep(reencode(uploaded(request.FILES), pictures.SIZES))
        shown = change(request, lambda tx: pictures.set_image(tx, dish, large))
        return Response(cards.dish_card(shown))

    @extend_schema(operation_id="dish_image_delete", tags=["catalogue"], responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Show no picture; repeating it changes nothing."""
        dish = queries.dish_of(request.auth, pk, MANAGER)
        change(request, lambda tx: pictures.set_image(tx, dish, ""))
        return Response(status=204)
