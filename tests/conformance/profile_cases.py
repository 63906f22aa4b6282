"""Pairs of AWS configuration files for profiles.py.

A case has a `title` and: `config` and `credentials`, the texts of the files, in which HOME is their directory; `files`,
others beside them; `env`, more of the environment; `sso`, the sessions or start URLs that are logged in; `names`, the
profiles to ask instead of all. `errors` are the profiles that cannot be asked, and what the error must say. Where botocore
refuses a whole file, `costs` are the profiles that we refuse and their line, and `beside` the others; `reads` is what we
read of a file that botocore refuses for no good reason.
"""


def keys(key):
    return f"aws_access_key_id = {key}\naws_secret_access_key = x\n"


def role(name, more):
    return f"role_arn = arn:aws:iam::111122223333:role/{name}\n{more}\n"


SSO = "sso_account_id = 111122223333\nsso_role_name = Audit\n"
SESSION = "sso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"

CASES = [
    {"title": "nothing at all"},
    {"title": "default alone", "config": "[default]\nregion = eu-west-1\n" + keys("A")},
    {"title": "profile default", "config": "[profile default]\nregion = eu-west-1\n" + keys("A")},
    {"title": "both defaults, the last one counts", "config": "[profile default]\n" + keys("A") + "[default]\n" + keys("B")},
    {"title": "both defaults the other way", "config": "[default]\nregion = eu-west-1\n" + keys("B") + "[profile default]\n" + keys("A")},
    {"title": "region and keys apart", "config": "[profile a]\nregion = eu-west-1\n", "credentials": "[a]\n" + keys("A")},
    {"title": "both files have keys", "config": "[profile a]\n" + keys("C"), "credentials": "[a]\n" + keys("A")},
    {"title": "region in the credentials file goes first", "config": "[profile a]\nregion = eu-west-1\n", "credentials": "[a]\nregion = us-west-2\n" + keys("A")},
    {"title": "sections that are no profiles", "config": "[a]\n" + keys("A") + "[preview]\nx = y\n[profile b]\n" + keys("B")},
    {"title": "keys of any case", "config": "[profile a]\nREGION = eu-west-1\nAWS_Access_Key_ID = A\nAws_Secret_Access_Key = x\n"},
    {"title": "indented keys", "config": "[profile a]\n    region = eu-west-1\n    aws_access_key_id = A\n    aws_secret_access_key = x\n"},
    {"title": "tabs", "config": "[profile a]\n\tregion\t=\teu-west-1\n\taws_access_key_id=A\n\taws_secret_access_key=x\n[profile b]\n\t" + keys("B").replace("\n", "\n\t")},
    {"title": "indented deeper and deeper: a continuation", "config": "[profile a]\nregion = eu-west-1\n" + keys("A") + "x = y\n  aws_session_token = z\n  [profile b]\n"},
    {"title": "text behind the bracket", "config": "[profile a] # the first\n" + keys("A") + "[profile b] text ; text\n" + keys("B")},
    {"title": "brackets in brackets", "credentials": "[a]b]\n" + keys("A"), "names": "a]b"},
    {"title": "comments", "config": "# one\n; two\n[profile a]\n# three\n  # four\n" + keys("A") + "# five = six\nregion = eu-west-1\n"},
    {"title": "a comment between a key and what goes on", "config": "[profile a]\n" + keys("A") + "s3 =\n  # text\n  max = 1\nregion = eu-west-1\n"},
    {"title": "colons", "config": "[profile a]\nregion: eu-west-1\naws_access_key_id: A\naws_secret_access_key: x=y\n"},
    {"title": "an equals sign in a secret", "config": "[profile a]\naws_access_key_id = A\naws_secret_access_key = x=y==\n"},
    {"title": "a number sign in a value", "config": "[profile a]\naws_access_key_id = A\naws_secret_access_key = x #y\nregion = eu-west-1\n"},
    {"title": "spaces in a name", "config": "[profile 'my team']\nregion = eu-west-1\n" + keys("A") + '[profile "the other"]\n' + keys("B")},
    {"title": "spaces in the credentials file", "credentials": "[my team]\n" + keys("A")},
    {"title": "spaces without quotes", "config": "[profile my team]\n" + keys("A") + "[profile b]\n" + keys("B")},
    {"title": "an apostrophe", "config": "[profile \"o'brien\"]\n" + keys("A") + "[profile 'o'\"'\"'neil']\n" + keys("B")},
    {"title": "an apostrophe without quotes", "config": "[profile o'brien]\n" + keys("A") + "[profile b]\n" + keys("B")},
    {"title": "a backslash", "config": "[profile a\\ b]\n" + keys("A") + '[profile "c\\"d"]\n' + keys("B")},
    {"title": "letters beyond ASCII", "config": "[profile Zürich]\nregion = eu-central-2\n" + keys("A"), "credentials": "[東京]\n" + keys("B")},
    {"title": "odd letters", "config": "[profile a.b_c-d/e@f:g+h%i(j)]\n" + keys("A")},
    {"title": "spaces in the header", "config": "[profile   a  ]\n" + keys("A") + "[ profile b]\n" + keys("B")},
    {"title": "the word profile in the credentials file", "credentials": "[profile a]\n" + keys("A")},
    {"title": "carriage returns", "config": ("[profile a]\nregion = eu-west-1\n" + keys("A") + "[profile b]\n" + keys("B")).replace("\n", "\r\n")},
    {"title": "a byte order mark", "config": "\ufeff[profile a]\nregion = eu-west-1\n" + keys("A"), "reads": {"a": ("eu-west-1", "A")}, "costs": {}},
    {"title": "no line break at the end", "config": "[profile a]\nregion = eu-west-1\n" + keys("A").rstrip()},
    {"title": "a section for all", "config": "[DEFAULT]\nregion = eu-west-1\n[profile a]\n" + keys("A") + "[profile b]\nregion = us-west-2\n" + keys("B")},
    {"title": "a role", "config": "[profile base]\n" + keys("A") + "[profile a]\nregion = eu-west-1\n" + role("r", "source_profile = base\nexternal_id = external")},
    {"title": "a role of a profile with spaces", "config": "[profile a]\n" + role("r", "source_profile = my base"), "credentials": "[my base]\n" + keys("A")},
    {"title": "a role of itself", "config": "[profile a]\n" + role("r", "source_profile = a") + keys("A")},
    {"title": "a chain of roles", "config": "[profile base]\n" + keys("A") + "[profile a]\n" + role("r", "source_profile = base") + "[profile b]\n" + role("s", "source_profile = a")},
    {"title": "a source with keys takes on no role", "config": "[profile base]\n" + role("t", "source_profile = c") + keys("A") + "[profile c]\n" + keys("C") + "[profile a]\n" + role("r", "source_profile = base")},
    {"title": "a role from the environment", "config": "[profile a]\n" + role("r", "credential_source = Environment"), "env": {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "x"}},
    {"title": "keys in the environment do not stand in", "config": "[profile a]\n" + keys("A"), "env": {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "x"}},
    {"title": "roles in a circle", "config": "[profile a]\n" + role("r", "source_profile = b") + "[profile b]\n" + role("s", "source_profile = a") + "[profile c]\n" + keys("C"), "errors": {"a": "leads back", "b": "leads back"}},
    {"title": "a role of nobody", "config": "[profile a]\n" + role("r", "source_profile = gone"), "errors": {"a": "there is no profile gone"}},
    {"title": "a role that wants a code", "config": "[profile base]\n" + keys("A") + "[profile a]\n" + role("r", "source_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/me"), "errors": {"a": "wants a code of the MFA device"}},
    {"title": "half a pair of keys", "config": "[profile a]\naws_access_key_id = A\n[profile b]\n" + keys("B"), "errors": {"a": "half a pair of keys"}},
    {"title": "a process", "config": "[profile a]\ncredential_process = cat 'HOME/the keys.json'\n", "files": {"the keys.json": '{"Version": 1, "AccessKeyId": "P", "SecretAccessKey": "x"}'}},
    {"title": "keys of the credentials file go before a process", "config": "[profile a]\ncredential_process = false\n", "credentials": "[a]\n" + keys("A")},
    {"title": "a process goes before keys beside it", "config": "[profile a]\ncredential_process = cat HOME/k\n" + keys("A"), "files": {"k": '{"Version": 1, "AccessKeyId": "P", "SecretAccessKey": "x"}'}},
    {"title": "a web identity", "config": "[profile a]\n" + role("r", "web_identity_token_file = HOME/token"), "files": {"token": "WEBTOKEN"}},
    {"title": "SSO", "config": "[profile a]\n" + SSO + SESSION, "sso": ["https://x.awsapps.com/start"]},
    {"title": "SSO with a session", "config": "[profile a]\nsso_session = s\n" + SSO + "[sso-session s]\n" + SESSION, "sso": ["s"]},
    {"title": "SSO with a session of two words", "config": "[profile a]\nsso_session = my s\n" + SSO + "[sso-session 'my s']\n" + SESSION, "sso": ["my s"]},
    {"title": "SSO as the source of a role", "config": "[profile base]\nsso_session = s\n" + SSO + "[sso-session s]\n" + SESSION + "[profile a]\n" + role("r", "source_profile = base"), "sso": ["s"]},
    {"title": "SSO without its session", "config": "[profile a]\nsso_session = gone\n" + SSO, "errors": {"a": "there is no [sso-session gone]"}},
    {"title": "a line that is nothing", "config": "[profile a]\n" + keys("A") + "[profile b]\njunk\n" + keys("B"), "costs": {"b": 5}, "beside": {"a": (None, "A")}},
    {"title": "a key twice", "config": "[profile a]\nregion = us-east-1\nregion = us-west-2\n" + keys("A") + "[profile b]\n" + keys("B"), "costs": {"a": 3}, "beside": {"b": (None, "B")}},
    {"title": "a section twice", "config": "[profile a]\n" + keys("A") + "[profile a]\nregion = us-west-2\n[profile b]\n" + keys("B"), "costs": {"a": 4}, "beside": {"b": (None, "B")}},
    {"title": "a key before the first section", "config": "region = us-east-1\n[profile a]\n" + keys("A"), "credentials": "[b]\n" + keys("B"), "costs": {"a": 1}, "beside": {"b": (None, "B")}},
    {"title": "other bytes than UTF-8", "config": "[profile a]\n" + keys("A") + "x = \udcff\n[profile b]\n" + keys("B"), "costs": {"a": 4}, "beside": {"b": (None, "B")}},
]
