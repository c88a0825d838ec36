"""The list of reports."""

from ordering.reports.eta import ETA
from ordering.reports.kitchen import PREP_TIME, TOP_DISHES
from ordering.reports.money import AVERAGE_TICKET, COUPONS, TURNOVER
from ordering.reports.orders import ORDERS, REASONS
from ordering.reports.reviews import REVIEWS

REPORTS = (TURNOVER, ORDERS, AVERAGE_TICKET, TOP_DISHES, PREP_TIME, REASONS, COUPONS, REVIEWS, ETA)
