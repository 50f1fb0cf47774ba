from typing import Any
import time
from tests import walk

def word(r, path):
    if r.status_code in (301,302):
        l = r["Location"].replace("https://testserver","")
        return "LOGIN" if l.startswith("/konto/login/") else "REAUTH" if l.startswith("/konto/reauth") else "->"+l[:40]
    return str(r.status_code)

def test_probe(aylin: Any, juergen: Any, karla: Any, piotr: Any, henrike: Any, samir: Any) -> None:
    cs = {who: walk.browser(who) for who in (None, aylin, juergen, karla, piotr, henrike, samir)}
    t=time.time()
    world = walk.build(aylin, karla)
    print("build", time.time()-t)
    paths = walk.paths(world)
    out = {}
    for who in (None, aylin, juergen, karla, piotr, henrike, samir):
        t=time.time()
        c = cs[who]
        for name, path in paths.items():
            with walk.undone() as w:
                c2 = c.twin()
                try:
                    r = c2.get(path)
                    x = word(r, path)
                except Exception as e:
                    x = "EXC "+repr(e)[:80]
            out.setdefault(name, []).append(x + ("*" if w else ""))
        print(who, time.time()-t)
    for n, v in out.items():
        print(n, "|", " ".join(v))
