"""Which distribution brings a missing import: a vetted map, so that nothing is guessed by name.

A package called like a missing import need not be the one that is meant: `import railroad` wants
`railroad-diagrams`, and the distribution `railroad` is a stranger's.
"""

DISTRIBUTIONS = {
    "aiohttp": "aiohttp", "anyio": "anyio", "appdirs": "appdirs", "asgiref": "asgiref",
    "astroid": "astroid", "attr": "attrs", "attrs": "attrs", "babel": "babel",
    "backports": "backports-datetime-fromisoformat", "blinker": "blinker", "bs4": "beautifulsoup4",
    "cachetools": "cachetools", "cattrs": "cattrs", "cbor2": "cbor2", "chardet": "chardet",
    "charset_normalizer": "charset-normalizer", "click": "click", "cryptography": "cryptography",
    "cssselect": "cssselect", "Cython": "cython", "dateutil": "python-dateutil",
    "decorator": "decorator", "deepdiff": "deepdiff", "defusedxml": "defusedxml",
    "dirty_equals": "dirty-equals", "distro": "distro", "dns": "dnspython", "docutils": "docutils",
    "dotenv": "python-dotenv", "ephem": "ephem", "exceptiongroup": "exceptiongroup",
    "execnet": "execnet", "faker": "faker", "fastjsonschema": "fastjsonschema",
    "filelock": "filelock", "flask": "flask", "freezegun": "freezegun", "future": "future",
    "gevent": "gevent", "git": "gitpython", "greenlet": "greenlet", "h11": "h11", "h2": "h2",
    "hpack": "hpack", "html5lib": "html5lib", "httpbin": "httpbin", "httpx": "httpx",
    "hyperframe": "hyperframe", "hypothesis": "hypothesis", "idna": "idna",
    "importlib_metadata": "importlib-metadata", "importlib_resources": "importlib-resources",
    "inline_snapshot": "inline-snapshot", "iniconfig": "iniconfig", "itsdangerous": "itsdangerous",
    "jinja2": "jinja2", "joblib": "joblib", "jsonpatch": "jsonpatch", "jsonpointer": "jsonpointer",
    "jsonschema": "jsonschema", "jwt": "pyjwt", "lark": "lark", "libcst": "libcst", "lxml": "lxml",
    "mako": "mako", "markdown": "markdown", "markdown_it": "markdown-it-py",
    "markupsafe": "markupsafe", "mistune": "mistune", "mock": "mock", "more_itertools":
    "more-itertools", "msgpack": "msgpack", "msgspec": "msgspec", "multidict": "multidict",
    "mypy_extensions": "mypy-extensions", "nbformat": "nbformat", "networkx": "networkx",
    "numpy": "numpy", "orjson": "orjson", "outcome": "outcome", "packaging": "packaging",
    "pandas": "pandas", "parameterized": "parameterized", "parso": "parso", "pexpect": "pexpect",
    "PIL": "pillow", "pkg_resources": "setuptools<81", "platformdirs": "platformdirs",
    "pluggy": "pluggy", "polars": "polars", "portend": "portend", "pretend": "pretend",
    "prettytable": "prettytable", "psutil": "psutil", "ptyprocess": "ptyprocess", "py": "py",
    "pyasn1": "pyasn1", "pyfakefs": "pyfakefs", "pygments": "pygments", "pyparsing": "pyparsing",
    "pyrsistent": "pyrsistent", "pytest_asyncio": "pytest-asyncio",
    "pytest_benchmark": "pytest-benchmark", "pytest_httpbin": "pytest-httpbin",
    "pytest_httpserver": "pytest-httpserver", "pytest_mock": "pytest-mock",
    "pytest_subtests": "pytest-subtests", "pytest_trio": "pytest-trio", "pytz": "pytz",
    "railroad": "railroad-diagrams", "referencing": "referencing", "regex": "regex",
    "requests": "requests", "responses": "responses", "rich": "rich", "ruamel": "ruamel-yaml",
    "scipy": "scipy", "semver": "semver", "setuptools": "setuptools<81", "simplejson": "simplejson",
    "six": "six", "sniffio": "sniffio", "socksio": "socksio", "sortedcontainers":
    "sortedcontainers", "soupsieve": "soupsieve", "sphinx": "sphinx", "sqlalchemy": "sqlalchemy",
    "stevedore": "stevedore", "syrupy": "syrupy", "tabulate": "tabulate", "tempora": "tempora",
    "termcolor": "termcolor", "testfixtures": "testfixtures", "testscenarios": "testscenarios",
    "testtools": "testtools", "time_machine": "time-machine", "tinycss2": "tinycss2",
    "toml": "toml", "tomli": "tomli", "tomli_w": "tomli-w", "tomlkit": "tomlkit", "toolz": "toolz",
    "tornado": "tornado", "tqdm": "tqdm", "trio": "trio", "trustme": "trustme",
    "typing_extensions": "typing-extensions", "tzdata": "tzdata", "tzlocal": "tzlocal",
    "ujson": "ujson", "uritemplate": "uritemplate", "urllib3": "urllib3", "uvicorn": "uvicorn",
    "uvloop": "uvloop", "validators": "validators", "wcwidth": "wcwidth",
    "webencodings": "webencodings", "webob": "webob", "webtest": "webtest", "werkzeug": "werkzeug",
    "wheel": "wheel", "wrapt": "wrapt", "xmlschema": "xmlschema", "xmltodict": "xmltodict",
    "yaml": "pyyaml", "zmq": "pyzmq", "zope": "zope-interface",
}  # fmt: skip
"""Import name -> requirement."""

FIXTURES = {
    "mocker": "pytest-mock", "httpserver": "pytest-httpserver", "benchmark": "pytest-benchmark",
    "subtests": "pytest-subtests", "script_runner": "pytest-console-scripts",
    "httpbin": "pytest-httpbin", "httpbin_both": "pytest-httpbin", "datadir": "pytest-datadir",
    "shared_datadir": "pytest-datadir", "file_regression": "pytest-regressions",
    "data_regression": "pytest-regressions", "snapshot": "syrupy", "fs": "pyfakefs",
    "requests_mock": "requests-mock", "time_machine": "time-machine", "freezer": "pytest-freezer",
    "nursery": "pytest-trio", "autojump_clock": "pytest-trio", "anyio_backend": "anyio",
    "aiohttp_client": "pytest-aiohttp", "event_loop": "pytest-asyncio",
}  # fmt: skip
"""Test fixture -> the plug-in that brings it."""
