"""Pages of the paper; included by the station's, in its namespace."""

from django.urls import URLPattern, path

from rentals.paper import views

urlpatterns: list[URLPattern] = [
    path("", views.paper, name="paper"),
    path("packs/<str:day>/", views.paper_pack, name="paper-pack"),
    path("forms/<str:number>/", views.paper_form, name="paper-form"),
    path("forms/<str:number>/entered/", views.paper_entered, name="paper-entered"),
]
