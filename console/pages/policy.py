"""What browsers may do with our pages: everything from here, nothing from elsewhere."""

from console.headers import HEADERS

# NiceGUI's pages begin with scripts and styles written into them, and Vue compiles templates: hence the exceptions.
# What comes from outside is escaped (console/markup.py), and a script that got in all the same reached no other host.
DIRECTIVES = (
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
POLICY = "; ".join(DIRECTIVES)
PAGE_HEADERS = {**HEADERS, "Content-Security-Policy": POLICY, "Cross-Origin-Opener-Policy": "same-origin"}
