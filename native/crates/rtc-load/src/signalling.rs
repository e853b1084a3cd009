//! WHIP (RFC 9725) and WHEP over HTTP: an offer in, an answer and a session's address out.

use std::time::Duration;

use crate::Failure;

pub struct Signalling {
    agent: ureq::Agent,
}

pub struct Answer {
    pub sdp: String,
    pub session_url: String,
}

impl Signalling {
    pub fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false)
            .build();
        Self { agent: config.new_agent() }
    }

    pub fn offer(&self, url: &str, bearer: Option<&str>, sdp: &str) -> Result<Answer, Failure> {
        let mut request = self.agent.post(url).content_type("application/sdp");
        if let Some(token) = bearer {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut response = request.send(sdp)?;
        let status = response.status().as_u16();
        let location = response.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = response.body_mut().read_to_string()?;
        match location {
            Some(location) if status == 201 => Ok(Answer { sdp: body, session_url: absolute(url, &location) }),
            _ => Err(format!("POST {url} answered {status}: {body}").into()),
        }
    }

    pub fn close(&self, session_url: &str, bearer: Option<&str>) -> Result<(), Failure> {
        let mut request = self.agent.delete(session_url);
        if let Some(token) = bearer {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        request.call()?;
        Ok(())
    }
}

/// A `Location` may be a path on the same host.
fn absolute(url: &str, location: &str) -> String {
    if location.contains("://") {
        return location.to_owned();
    }
    let host_ends = url.find("://").and_then(|at| url[at + 3..].find('/').map(|slash| at + 3 + slash));
    format!("{}{location}", &url[..host_ends.unwrap_or(url.len())])
}

#[cfg(test)]
mod tests {
    use super::absolute;

    #[test]
    fn a_location_is_taken_relative_to_the_endpoint() {
        assert_eq!(absolute("http://h:1/whip", "/whip/sessions/x"), "http://h:1/whip/sessions/x");
        assert_eq!(absolute("http://h:1/whip", "http://other/x"), "http://other/x");
    }
}
