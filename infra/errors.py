"""The errors of the embedded stack; each text names what is wrong and what to do.

StackError
├── SettingError        a variable has a value that cannot be used
├── PortTakenError      a port that the user chose belongs to somebody else
├── DiskFullError       too little room to start services that write
├── JarsError           the broker's jars cannot be fetched, or are not what the lock says
├── ProgramError        a program died at start, or did not become ready in time
└── AirflowError        Airflow refused or did not answer
"""


class StackError(Exception):
    """Base of every error of the embedded stack."""


class SettingError(StackError):
    """A variable has a value that cannot be used."""


class PortTakenError(StackError):
    """A port that the user chose belongs to somebody else."""


class DiskFullError(StackError):
    """Too little room to start services that write."""


class JarsError(StackError):
    """The broker's jars cannot be fetched, or are not what the lock says."""


class ProgramError(StackError):
    """A program died at start, or did not become ready in time; the text shows the end of its log."""


class AirflowError(StackError):
    """Airflow refused or did not answer."""
