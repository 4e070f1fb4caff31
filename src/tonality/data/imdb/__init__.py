"""The Large Movie Review Dataset (Maas et al. 2011): where it comes from and how it is read."""
