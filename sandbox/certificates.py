"""Platform certificates, encrypted with the merchant's APIv3 key; merchants with a public key have none."""

from typing import Any

from cryptography import x509
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.errors import Refused
from sandbox.moments import rfc3339
from sandbox.signing import PUBLIC_KEY, encrypt
from sandbox.web import pay_call, told


@pay_call
def certificates(request: Request) -> Response:
    """All certificates in force, newest first; 404 in public-key mode."""
    keys = request.app.state.keys
    if request.app.state.signer.trust()[0] == PUBLIC_KEY:
        raise Refused(
            "RESOURCE_NOT_EXISTS", "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥", 404
        )
    return told({"data": [entry(serial, pem, keys.apiv3_key) for serial, pem in keys.listed()]})


def entry(serial: str, pem: str, apiv3_key: str) -> dict[str, Any]:
    """One certificate; without its associated data clients skip it silently."""
    made = x509.load_pem_x509_certificate(pem.encode())
    return {
        "serial_no": serial,
        "effective_time": rfc3339(made.not_valid_before_utc.timestamp()),
        "expire_time": rfc3339(made.not_valid_after_utc.timestamp()),
        "encrypt_certificate": encrypt(apiv3_key, pem, "certificate"),
    }


routes = [Route("/v3/certificates", certificates, methods=["GET"], name="certificates")]
