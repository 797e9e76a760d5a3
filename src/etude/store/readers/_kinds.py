"""What a file holds, told by its name: prose, code, a page, or nothing to read."""

import posixpath


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PROSE = _words(
    """
    txt text rst md markdown adoc asciidoc org tex textile pod rdoc me 1st faq news
    changes
    """
)
_MARKDOWN = frozenset(("md", "markdown", "mdown", "mkd"))
_PAGES = frozenset(("html", "htm", "xhtml", "shtml"))
_CODE = _words(
    """
    ada adb ads asm s awk bash bat c cc cpp cxx c++ h hh hpp hxx h++ inl clj cljs cljc
    cmake coffee cr cs css scss sass less cu cuh d dart diff patch dts el erl hrl ex exs f
    f90 f95 f03 for fs fsi fsx glsl go gradle groovy hs lhs hx idl java jl js mjs cjs jsx
    json5 kt kts lisp lsp cl lua m mm m4 makefile mk ml mli mll mly nim nix pas php pl pm
    t pony proto ps1 purs py pyi pyx pxd pyw r rb rkt rs sc scala scm sed sh sml sol sql
    sv svh swift tcl thrift toml ts tsx v vala vb vhd vhdl vim vue xsl xslt y l yaml yml
    zig zsh ini cfg conf in am ac bzl
    """
)
_CODE_NAMES = _words(
    """
    makefile dockerfile rakefile gemfile cmakelists.txt meson.build build sconstruct
    configure jenkinsfile vagrantfile justfile
    """
)
_PROSE_NAMES = _words(
    """
    readme changelog changes news todo authors history faq install contributing hacking
    thanks notes readme.in
    """
)


def media_type_of(name: str) -> str:
    """Return the media type of a text file by its name; plain text when it tells nothing."""
    ending = _ending(name)
    if ending in _MARKDOWN:
        return "text/markdown"
    if ending in _PAGES:
        return "text/html"
    return "text/x-code" if is_code(name) else "text/plain"


def is_code(name: str) -> bool:
    """Whether a name is one of source code."""
    base = posixpath.basename(name).lower()
    return base in _CODE_NAMES or (_ending(name) in _CODE and "." in base)


def is_prose(name: str) -> bool:
    """Whether a name is one of text for people."""
    base = posixpath.basename(name).lower()
    if base in _CODE_NAMES:
        return False
    return base in _PROSE_NAMES or ("." in base and _ending(name) in _PROSE | _PAGES)


def _ending(name: str) -> str:
    return posixpath.basename(name).lower().rpartition(".")[2]
