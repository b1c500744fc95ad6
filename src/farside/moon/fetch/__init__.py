"""Published elevation models: known products, downloads that can be trusted, and pieces cut to a site."""

from farside.moon.fetch.download import Cache, Unreachable
from farside.moon.fetch.fetching import Fetching, fetch
from farside.moon.fetch.known import Product, products

__all__ = ["Cache", "Fetching", "Product", "Unreachable", "fetch", "products"]
