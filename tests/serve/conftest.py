"""Fixtures of the page's tests."""

from page_browser import browser, open_page, page_model, service, start

__all__ = ["browser", "open_page", "page_model", "service", "start"]
