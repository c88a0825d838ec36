"""Addresses of reviews and feedback, below /api/v1/."""

from django.urls import path

from ordering.reviews import api, api_feedback

urlpatterns = [
    path("reviews/", api.ReviewsView.as_view()),
    path("reviews/mine/", api.MyReviewsView.as_view()),
    path("reviews/<int:pk>/images/", api.ImagesView.as_view()),
    path("reviews/<int:pk>/reply/", api.ReplyView.as_view()),
    path("reviews/<int:pk>/publish/", api.PublishView.as_view()),
    path("reviews/<int:pk>/hide/", api.HideView.as_view()),
    path("stores/<slug:code>/reviews/", api.StoreReviewsView.as_view()),
    path("feedback/", api_feedback.FeedbackView.as_view()),
    path("feedback/<int:pk>/reply/", api_feedback.FeedbackReplyView.as_view()),
    path("feedback/<int:pk>/close/", api_feedback.FeedbackCloseView.as_view()),
]
