"""WeChat's server API: who we are to it, its access token, and what we ask of it."""
