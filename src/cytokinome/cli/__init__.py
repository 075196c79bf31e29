"""The command line: thin commands over `cytokinome.api`. Imports here stay light; a command loads what it needs.

::

    main       the commands, in the order of ``--help``
    guard      what went wrong → a message and an exit status, never a traceback
    console    text, tables and JSON on the right stream
    progress   a bar on a terminal, a line now and then in a log
    options    options that several commands share
    files      new, validate, explain, format          scaffold: what `new` writes
    running    demo, run, compare, verify              findings: what a result looks like as text
    panels     panel
    stored     open, export
    records    catalogue and its verbs                 record_lines: what a record looks like as text
    refusals   what this version does not offer

Exit status: 0 fine, 1 a claim or comparison failed, 2 the user's files or the command line, 3 unsupported, 4 solver,
5 resource limit, 70 a defect of cytokinome, 130 stopped by Ctrl-C, 141 the reader of the output went away.
"""
