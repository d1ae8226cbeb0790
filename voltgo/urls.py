"""Every URL prefix of the site."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny

from payments.finance.views import finance
from rentals.bookings.views import home
from voltgo import api_schema as api_schema
from voltgo.core import views

# The admin is entered through the site's own sign-in, so that its second factor and rate limits hold there.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# "Split" serves its script from an address of its own, as our policy without inline scripts wants it.
API_DOCS = SpectacularSwaggerSplitView.as_view(
    url_name="api-schema", template_name="api/docs.html", permission_classes=[AllowAny]
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("", include("rentals.urls")),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.urls")),
    path("", include("payments.urls")),
    path("station/", include("rentals.station_urls")),
    path("admin/finance/", admin.site.admin_view(finance), name="finance"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("voltgo.api_urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="api-schema"),
    path("api/docs/", API_DOCS, name="api-docs"),
    path("i18n/setlang/", set_language, name="set_language"),
]

if settings.SHOW_GALLERY:
    urlpatterns += [path("_gallery/", views.gallery, name="gallery")]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
