//! The web application firewall of distributions.

use crate::json::Json;

/// The member `waf` of distribution `number`: left out where there never was a firewall.
pub(super) fn write(json: &mut Json, number: u64) {
    let rules: &[fn(&mut Json)] = match number % 6 {
        0 | 1 => return,
        2 => &[],
        3 => &[common, bots],
        4 => &[common, logins, accounts],
        _ => &[common],
    };
    json.nested("waf", |json| {
        json.plain("isWafEnabled", !rules.is_empty());
        json.array("wafRules", |json| rules.iter().for_each(|rule| json.element(rule)));
    });
}

fn common(json: &mut Json) {
    json.text("name", "AWSManagedRulesCommonRuleSet");
}

fn bots(json: &mut Json) {
    json.text("name", "AWSManagedRulesBotControlRuleSet");
    json.nested("botControlConfig", |json| json.text("inspectionLevel", "COMMON"));
}

/// Against stolen passwords.
fn logins(json: &mut Json) {
    json.text("name", "AWSManagedRulesATPRuleSet");
    json.nested("atpConfig", |json| {
        json.text("loginPath", "/login");
        json.text("payloadType", "FORM_ENCODED");
        json.text("usernameField", "/form/username");
        json.text("passwordField", "/form/password");
        inspection(json, &[200, 302], &[401, 403]);
    });
}

/// Against accounts that nobody will use.
fn accounts(json: &mut Json) {
    json.text("name", "AWSManagedRulesACFPRuleSet");
    json.nested("acfpConfig", |json| {
        json.text("payloadType", "JSON");
        json.text("creationPath", "/api/accounts");
        json.text("registrationPagePath", "/register");
        inspection(json, &[201], &[400, 409]);
    });
}

fn inspection(json: &mut Json, success: &[i32], failure: &[i32]) {
    json.nested("responseInspection", |json| {
        json.numbers("successCodes", success);
        json.numbers("failureCodes", failure);
    });
}
