"""Models of others in SBML, the Systems Biology Markup Language: right, or refused with a code and the place.

A file is scanned (`prescan`), read by libSBML in a process of its own (`guard`, `worker`, `reader`) into plain data
(`document`), and translated into an ordinary model with `equations:` (`translate`). Nothing of SBML reaches the
compiler or the engines.
"""
