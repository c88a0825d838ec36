"""WeChat Pay (API v3) over wechatpayv3: the only rooms that import it."""
