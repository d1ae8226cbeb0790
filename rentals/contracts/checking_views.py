"""The public check of a document: by its number, or by handing in the file."""

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from rentals.contracts.checking import Finding, Verdict, check_file
from rentals.contracts.content import short_code
from voltgo.core.sealing import MOST_BYTES
from voltgo.core.throttled import throttled

# As printed: "HD-7K2M4Q-1"; longer than any of ours is no number.
LONGEST_NUMBER = 30


@never_cache
@throttled("check")
@require_http_methods(["GET", "HEAD", "POST"])
def contract_check(request: HttpRequest) -> HttpResponse:
    """Take a number or a file; say whether it is ours, and nothing about people. Nothing is kept."""
    number = "".join(request.GET.get("number", "").upper().split())
    if number and len(number) <= LONGEST_NUMBER:
        return redirect("rentals:contract-verify", number=number)
    upload = request.FILES.get("file") if request.method == "POST" else None
    finding, error = None, ""
    if request.method == "POST":
        if isinstance(upload, UploadedFile):
            finding = _judge(upload)
        else:
            error = _("Hãy chọn tệp PDF cần kiểm tra.")
    context = {
        "finding": finding,
        "error": error,
        "code": short_code(finding.sha256) if finding and finding.sha256 else "",
    }
    response = render(request, "rentals/contracts/check.html", context, status=422 if error else 200)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _judge(upload: "UploadedFile[bytes]") -> Finding:
    """Read no more of a file than will be judged."""
    if (upload.size or 0) > MOST_BYTES:
        return Finding(Verdict.TOO_LONG)
    return check_file(upload.read(MOST_BYTES + 1))
