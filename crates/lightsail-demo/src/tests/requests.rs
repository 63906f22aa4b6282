//! What the endpoint refuses, for every operation there is.

use serde_json::{Map, Value, json};

use super::super::ACCESS_KEY;
use super::super::call::Operation;
use super::super::input::Kind;
use super::super::operations;
use super::super::patterns;
use super::fleet::{STANDARD, ask};
use super::support::{AT_HOME, CHILDREN, LISTINGS, LOOKUPS, get, member, pages, regions};

/// A value that is right for the member's type, whatever it names.
fn some(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!("nothing-of-this-name-1"),
        Kind::Flag => json!(true),
        Kind::Number(least, _) => json!(least),
        Kind::Time => json!(1_767_225_600.5),
        Kind::OneOf(texts) => json!(texts[0]),
        Kind::SomeOf(texts) => json!([texts[0]]),
    }
}

/// A value of no member's type but this one's neighbour.
fn other(kind: Kind) -> Value {
    match kind {
        Kind::Text | Kind::OneOf(_) => json!(1),
        Kind::Flag | Kind::Time | Kind::Number(..) => json!("1"),
        Kind::SomeOf(_) => json!("Email"),
    }
}

fn required(operation: &Operation) -> Map<String, Value> {
    let members = operation.members.iter().filter(|member| member.required);
    members.map(|member| (member.name.to_owned(), some(member.kind))).collect()
}

fn refusal(operation: &str, body: &Value) -> String {
    ask(STANDARD, ACCESS_KEY, "us-east-1", operation, body)
        .map_or_else(|error| error, |answer| format!("{answer}"))
}

fn is(error: &str, code: &str) -> bool {
    error.starts_with(&format!(r#"{{"__type":"{code}","message":"#))
}

#[test]
fn every_operation_checks_its_members() {
    let mut wrong = Vec::new();
    let mut expect = |operation: &str, body: &Value, code: &str, word: &str| {
        let error = refusal(operation, body);
        if !is(&error, code) || !error.contains(word) {
            wrong.push(format!("{operation} {body}: {error}"));
        }
    };
    for operation in operations::all() {
        let name = operation.name;
        let right = required(operation);
        let with = |member: &str, value: Value| {
            let mut body = right.clone();
            body.insert(member.to_owned(), value);
            Value::Object(body)
        };
        expect(name, &with("maxResults", json!(20)), "InvalidInputException", "maxResults");
        expect(name, &json!([]), "SerializationException", "");
        for member in operation.members {
            expect(name, &with(member.name, other(member.kind)), "SerializationException", "");
            if member.required {
                let mut body = right.clone();
                body.remove(member.name);
                let null = format!("Value null at '{}'", member.name);
                expect(name, &Value::Object(body), "InvalidInputException", &null);
                expect(name, &with(member.name, Value::Null), "InvalidInputException", &null);
            }
            match member.kind {
                Kind::OneOf(_) => {
                    expect(name, &with(member.name, json!("x")), "InvalidInputException", "enum value set");
                }
                Kind::SomeOf(_) => {
                    expect(name, &with(member.name, json!(["x"])), "InvalidInputException", "enum value set");
                    expect(name, &with(member.name, json!([1])), "SerializationException", "");
                }
                Kind::Number(least, most) => {
                    expect(
                        name,
                        &with(member.name, json!(least - 1)),
                        "InvalidInputException",
                        "or equal to",
                    );
                    expect(name, &with(member.name, json!(most + 1)), "InvalidInputException", "or equal to");
                    expect(name, &with(member.name, json!(1.5)), "SerializationException", "");
                }
                Kind::Text if patterns::refusal(member.name, "?").is_some() => {
                    let pattern = "must satisfy regular expression pattern";
                    expect(name, &with(member.name, json!("?")), "InvalidInputException", pattern);
                }
                _ => (),
            }
        }
        let pages = operation.members.iter().any(|member| member.name == "pageToken");
        if pages && right.is_empty() {
            expect(name, &with("pageToken", json!("20")), "InvalidInputException", "token");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let error = refusal("GetCostEstimate", &json!({"resourceName": "xy"}));
    assert!(error.contains("2 validation errors detected: Value null at 'startTime'"), "{error}");
}

/// Whoever asks for something by a name that is not there is told so, and which.
#[test]
fn unknown_names_are_not_found() {
    let mut asked = 0;
    for operation in operations::all() {
        let right = required(operation);
        let names = operation.members.iter().filter(|member| {
            let name = member.name;
            matches!(member.kind, Kind::Text)
                && (name.ends_with("Name") || name == "operationId")
                && name != "logStreamName"
        });
        for member in names {
            let mut body = right.clone();
            body.insert(member.name.to_owned(), some(member.kind));
            let error = refusal(operation.name, &Value::Object(body));
            let name = "nothing-of-this-name-1";
            assert!(is(&error, "NotFoundException") && error.contains(name), "{}: {error}", operation.name);
            asked += 1;
        }
    }
    assert!(asked > 35, "{asked}");
}

/// A name is good in its own region only.
#[test]
fn a_name_is_not_found_elsewhere() {
    for (listing, operation, member) in LOOKUPS {
        let one = super::support::everything("us-east-1", listing)[0].clone();
        let body = super::support::lookup(operation, member, &one);
        let error = ask(STANDARD, ACCESS_KEY, "ca-central-1", operation, &body).unwrap_err();
        let code = if *operation == "GetDomain" { "InvalidInputException" } else { "NotFoundException" };
        assert!(is(&error, code), "{operation}: {error}");
    }
}

#[test]
fn a_token_is_good_for_its_own_listing_only() {
    let first = |operation: &str, body: &Value| get("us-east-1", operation, body)["nextPageToken"].clone();
    let token = first("GetDisks", &json!({}));
    let with = |operation: &str, mut body: Value, token: &Value| {
        body["pageToken"] = token.clone();
        refusal(operation, &body)
    };
    assert!(with("GetDisks", json!({}), &token).contains("disks"));
    assert!(is(&with("GetInstances", json!({}), &token), "InvalidInputException"));
    assert!(is(&with("GetAlarms", json!({}), &token), "InvalidInputException"));
    let elsewhere =
        ask(STANDARD, ACCESS_KEY, "us-west-2", "GetDisks", &json!({"pageToken": token})).unwrap_err();
    assert!(is(&elsewhere, "InvalidInputException"));
    let other = ask(STANDARD, "OTHER", "us-east-1", "GetDisks", &json!({"pageToken": token})).unwrap_err();
    assert!(is(&other, "InvalidInputException"));
    let detailed = first("GetCertificates", &json!({"includeCertificateDetails": true}));
    assert!(is(&with("GetCertificates", json!({}), &detailed), "InvalidInputException"));
    assert!(
        with("GetCertificates", json!({"includeCertificateDetails": true}), &detailed)
            .contains("certificates")
    );
}

#[test]
fn only_us_east_1_tells_of_domains_and_distributions() {
    let asked = [
        ("GetDomains", json!({})),
        ("GetDomain", json!({"domainName": "shop-1.example"})),
        ("GetDistributions", json!({})),
        ("GetDistributions", json!({"distributionName": "media-cdn-1"})),
    ];
    for region in regions().filter(|region| *region != "us-east-1") {
        for (operation, body) in &asked {
            let error = ask(STANDARD, ACCESS_KEY, region, operation, body).unwrap_err();
            assert!(is(&error, "InvalidInputException") && error.contains("us-east-1"), "{error}");
        }
    }
    for (operation, body) in &asked {
        assert!(ask(STANDARD, ACCESS_KEY, "us-east-1", operation, body).is_ok());
    }
}

#[test]
fn cors_is_told_of_one_bucket_at_a_time() {
    let error = refusal("GetBuckets", &json!({"includeCors": true}));
    assert!(is(&error, "InvalidInputException") && error.contains("single bucket"), "{error}");
}

/// The operations that read and would hand out secrets, and all that write.
#[test]
fn no_secret_is_served_and_nothing_is_changed() {
    for operation in [
        "GetInstanceAccessDetails",
        "GetRelationalDatabaseMasterUserPassword",
        "DownloadDefaultKeyPair",
        "CreateBucketAccessKey",
        "DeleteDisk",
    ] {
        assert!(is(&refusal(operation, &json!({})), "UnknownOperationException"));
    }
    for operation in operations::all() {
        assert!(operation.name.starts_with("Get"), "{}", operation.name);
    }
}

/// An empty region answers everything that needs no parent, with nothing.
#[test]
fn an_empty_region_has_empty_lists() {
    let nothing = ["TlsPolicies", "Bundles", "Blueprints", "Powers", "Regions"];
    for (operation, body) in LISTINGS {
        if AT_HOME.contains(operation) || nothing.iter().any(|end| operation.ends_with(end)) {
            continue;
        }
        let pages = pages(STANDARD, "ca-central-1", operation, &body());
        assert_eq!((pages.len(), &pages[0][member(operation)]), (1, &json!([])), "{operation}");
    }
    let operations: Vec<&str> = CHILDREN.iter().map(|(_, _, operation, ..)| *operation).collect();
    assert!(operations.iter().all(|one| operations::all().any(|operation| operation.name == *one)));
}
