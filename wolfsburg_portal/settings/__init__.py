"""Settings of the portal, a chapter a file. Everything a city decides comes from the environment.

``.env.example`` lists each variable with its default. Nothing here starts a server or reads
the database.
"""

from wolfsburg_portal.settings.api import *
from wolfsburg_portal.settings.applications import *
from wolfsburg_portal.settings.appointments import *
from wolfsburg_portal.settings.city import *
from wolfsburg_portal.settings.engines import *
from wolfsburg_portal.settings.files import *
from wolfsburg_portal.settings.language import *
from wolfsburg_portal.settings.letters import *
from wolfsburg_portal.settings.log import *
from wolfsburg_portal.settings.mail import *
from wolfsburg_portal.settings.people import *
from wolfsburg_portal.settings.place import *
from wolfsburg_portal.settings.retention import *
from wolfsburg_portal.settings.security import *
