//! The organization and the keys of its accounts.

use std::time::Duration;

use serde_json::json;

use super::super::accounts::{organizations, parameters, sts};
use super::super::{ACCESS_KEY, Config, auth};

#[test]
fn all_accounts_are_listed_page_by_page() {
    let config = Config { accounts: 45, ..Config::default() };
    let (mut ids, mut body) = (Vec::new(), json!({}));
    let mut pages = 0;
    loop {
        let page: serde_json::Value =
            serde_json::from_str(&organizations(&config, "ListAccounts", &body).unwrap()).unwrap();
        pages += 1;
        ids.extend(
            page["Accounts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|account| account["Id"].as_str().unwrap().to_owned()),
        );
        match page.get("NextToken") {
            Some(token) => body = json!({ "NextToken": token }),
            None => break,
        }
    }
    assert_eq!((pages, ids.len(), ids[0].as_str()), (3, 45, "123456789012"));
    ids.sort();
    ids.dedup();
    assert!(ids.len() == 45 && ids.iter().all(|id| id.len() == 12));
    for bad in [json!({"MaxResults": 21}), json!({"NextToken": "x"})] {
        assert_eq!(organizations(&config, "ListAccounts", &bad).unwrap_err().code, "InvalidInputException");
    }
}

#[test]
fn a_role_gives_keys_of_its_account() {
    let body = b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A210000000001%3Arole%2FAudit&RoleSessionName=a+b";
    let asked = parameters(body);
    assert_eq!(asked["RoleArn"], "arn:aws:iam::210000000001:role/Audit");
    assert_eq!(asked["RoleSessionName"], "a b");
    let answer = sts(&Config { session: Duration::from_secs(9), ..Config::default() }, &asked).unwrap();
    let key = answer.split("<AccessKeyId>").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!((key.len(), auth::account(key).as_str()), (20, "210000000001"));
    for role in ["", "arn:aws:iam::1:role/Audit", "arn:aws:iam::210000000001:user/me", "Audit"] {
        let asked = json!({"Action": "AssumeRole", "RoleArn": role, "RoleSessionName": "s"});
        assert_eq!(sts(&Config::default(), &asked).unwrap_err().code, "ValidationError", "{role}");
    }
    assert_eq!(sts(&Config::default(), &json!({"Action": "GetTime"})).unwrap_err().code, "InvalidAction");
    assert_eq!(auth::account(ACCESS_KEY), "123456789012");
}
