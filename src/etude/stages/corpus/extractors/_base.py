"""What an extractor is: settings that turn one page of HTML into plain text."""

from abc import abstractmethod

from etude.plugins import Spec


class Extractor(Spec, frozen=True, kw_only=True):
    """Takes the text out of one page."""

    links: bool = False
    """Keep the addresses of links beside their words."""
    lists: bool = True
    """Keep bullets and numbers of list items, where the extractor can do either."""
    tables: bool = True
    """Keep tables; not every extractor can leave them out."""
    comments: bool = True
    """Count what readers wrote below an article as main content."""

    @abstractmethod
    def main_text(self, html: str) -> str:
        """Return the text of the page's main content, without menus, headers and the like.

        Raises:
            RecordError: The page cannot be read.
        """

    @abstractmethod
    def all_text(self, html: str) -> str:
        """Return all visible text of the page, in time linear in its size.

        Raises:
            RecordError: The page cannot be read.
        """
