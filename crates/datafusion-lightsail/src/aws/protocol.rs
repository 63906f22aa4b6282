//! AWS JSON 1.1, read as botocore reads it: a `null` in a list or a map is nothing, and no reason to refuse the page.
//!
//! The SDK's generated parsers take the values of lists and maps for granted. So an answer that they refuse is read a
//! second time, by a reader that stands between them and the JSON: it hands them no null, and knows the path to what
//! cannot be read even so. A healthy answer is read once, as ever.

use std::cell::RefCell;
use std::sync::Arc;

use aws_smithy_json::protocol::aws_json_rpc::AwsJsonRpcProtocol;
use aws_smithy_runtime_api::http::{Request, Response};
use aws_smithy_schema::prelude::DOCUMENT;
use aws_smithy_schema::protocol::ClientProtocolInner;
use aws_smithy_schema::serde::{SerdeError, SerializableStruct, ShapeDeserializer};
use aws_smithy_schema::{Schema, ShapeId};
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::endpoint::Endpoint;
use aws_smithy_types::error::metadata::Builder;
use aws_smithy_types::{BigDecimal, BigInteger, Blob, DateTime, Document};

use super::calls::note_null;

/// What stands for a null among the texts of a list or a map, for the SDK has no place for it: a character that Unicode
/// keeps for such use inside of a program.
pub const NULL_TEXT: &str = "\u{FDD0}";

/// What the error says of a member that is not what the service model says.
pub(super) const UNREADABLE: &str = "cannot be read";

/// The protocol of the SDK, but for how it reads answers.
#[derive(Debug)]
pub(super) struct LenientJson(Arc<AwsJsonRpcProtocol>);

impl Default for LenientJson {
    fn default() -> Self {
        Self(Arc::new(AwsJsonRpcProtocol::aws_json_1_1()))
    }
}

impl ClientProtocolInner for LenientJson {
    type Request = Request;
    type Response = Response;

    fn protocol_id(&self) -> &ShapeId<'static> {
        self.0.protocol_id()
    }

    fn serialize_request(
        &self,
        input: &dyn SerializableStruct,
        schema: &Schema<'_>,
        endpoint: &str,
        config: &ConfigBag,
    ) -> Result<Request, SerdeError> {
        self.0.serialize_request(input, schema, endpoint, config)
    }

    fn deserialize_response<'a>(
        &self,
        response: &'a Response,
        schema: &Schema<'_>,
        config: &'a ConfigBag,
    ) -> Result<Box<dyn ShapeDeserializer + 'a>, SerdeError> {
        let strict = self.0.deserialize_response(response, schema, config)?;
        Ok(Box::new(Answer { strict, protocol: Arc::clone(&self.0), response, config }))
    }

    fn parse_error_metadata(&self, response: &Response, config: &ConfigBag) -> Result<Builder, SerdeError> {
        self.0.parse_error_metadata(response, config)
    }

    fn update_endpoint(
        &self,
        request: &mut Request,
        endpoint: &Endpoint,
        config: &ConfigBag,
    ) -> Result<(), SerdeError> {
        self.0.update_endpoint(request, endpoint, config)
    }
}

/// Deserializes a response strictly, and again without its nulls if that fails.
struct Answer<'a> {
    strict: Box<dyn ShapeDeserializer + 'a>,
    protocol: Arc<AwsJsonRpcProtocol>,
    response: &'a Response,
    config: &'a ConfigBag,
}

/// Inside of an answer that was refused.
struct Reader<'a> {
    inner: &'a mut dyn ShapeDeserializer,
    /// The members and elements around what is read, the innermost last; after an error, around what was wrong.
    path: &'a RefCell<Vec<String>>,
}

/// A null in a list or a map: a text, if that is wanted, else nothing.
struct Null;

/// What a consumer of the members of a structure is.
type Members<'a> = dyn FnMut(&Schema<'_>, &mut dyn ShapeDeserializer) -> Result<(), SerdeError> + 'a;

/// What a consumer of the elements of a list is.
type Elements<'a> = dyn FnMut(&mut dyn ShapeDeserializer) -> Result<(), SerdeError> + 'a;

/// What a consumer of the entries of a map is.
type Entries<'a> = dyn FnMut(String, &mut dyn ShapeDeserializer) -> Result<(), SerdeError> + 'a;

/// Reads what has no parts as another deserializer does.
macro_rules! as_inner {
    ($inner:ident) => {
        as_inner!(scalars $inner: read_boolean -> bool, read_byte -> i8, read_short -> i16, read_integer -> i32,
            read_long -> i64, read_float -> f32, read_double -> f64, read_big_integer -> BigInteger,
            read_big_decimal -> BigDecimal, read_string -> String, read_blob -> Blob, read_timestamp -> DateTime,
            read_document -> Document);

        fn is_null(&self) -> bool {
            self.$inner.is_null()
        }

        fn read_null(&mut self) -> Result<(), SerdeError> {
            self.$inner.read_null()
        }

        fn skip_value(&mut self) -> Result<(), SerdeError> {
            self.$inner.skip_value()
        }

        fn container_size(&self) -> Option<usize> {
            self.$inner.container_size()
        }
    };
    (scalars $inner:ident: $($name:ident -> $value:ty),*) => {
        $(fn $name(&mut self, schema: &Schema<'_>) -> Result<$value, SerdeError> {
            self.$inner.$name(schema)
        })*
    };
}

impl ShapeDeserializer for Answer<'_> {
    fn read_struct(&mut self, schema: &Schema<'_>, consumer: &mut Members<'_>) -> Result<(), SerdeError> {
        let Err(refusal) = self.strict.read_struct(schema, consumer) else { return Ok(()) };
        let mut again = self.protocol.deserialize_response(self.response, &DOCUMENT, self.config)?;
        let path = RefCell::default();
        // The consumer sets each member anew.
        let read = Reader { inner: again.as_mut(), path: &path }.read_struct(schema, consumer);
        read.map_err(|error| match path.into_inner() {
            path if path.is_empty() => refusal,
            path => SerdeError::custom(format!("{} {UNREADABLE}: {error}", path.concat())),
        })
    }

    fn read_list(&mut self, schema: &Schema<'_>, consumer: &mut Elements<'_>) -> Result<(), SerdeError> {
        self.strict.read_list(schema, consumer)
    }

    fn read_map(&mut self, schema: &Schema<'_>, consumer: &mut Entries<'_>) -> Result<(), SerdeError> {
        self.strict.read_map(schema, consumer)
    }

    as_inner!(strict);
}

impl Reader<'_> {
    /// Reads a value at a place, or the null that stands there.
    fn value(
        path: &RefCell<Vec<String>>,
        place: String,
        inner: &mut dyn ShapeDeserializer,
        consumer: &mut Elements<'_>,
    ) -> Result<(), SerdeError> {
        if inner.is_null() {
            inner.read_null()?;
            if consumer(&mut Null).is_err() {
                note_null();
            }
            return Ok(());
        }
        path.borrow_mut().push(place);
        consumer(&mut Reader { inner, path })?;
        path.borrow_mut().pop();
        Ok(())
    }
}

impl ShapeDeserializer for Reader<'_> {
    fn read_struct(&mut self, schema: &Schema<'_>, consumer: &mut Members<'_>) -> Result<(), SerdeError> {
        let path = self.path;
        self.inner.read_struct(schema, &mut |member, inner| {
            let dot = if path.borrow().is_empty() { "" } else { "." };
            path.borrow_mut().push(format!("{dot}{}", member.member_name().unwrap_or("a member")));
            consumer(member, &mut Reader { inner, path })?;
            path.borrow_mut().pop();
            Ok(())
        })
    }

    fn read_list(&mut self, schema: &Schema<'_>, consumer: &mut Elements<'_>) -> Result<(), SerdeError> {
        let (path, mut index) = (self.path, 0);
        self.inner.read_list(schema, &mut |inner| {
            let place = format!("[{index}]");
            index += 1;
            Self::value(path, place, inner, consumer)
        })
    }

    fn read_map(&mut self, schema: &Schema<'_>, consumer: &mut Entries<'_>) -> Result<(), SerdeError> {
        let path = self.path;
        self.inner.read_map(schema, &mut |key, inner| {
            let place = format!("[{key:?}]");
            Self::value(path, place, inner, &mut |value| consumer(key.clone(), value))
        })
    }

    as_inner!(inner);
}

/// The error for a value of another type than its member has.
macro_rules! as_nothing {
    ($($name:ident -> $value:ty),* $(,)?) => {
        $(fn $name(&mut self, _: &Schema<'_>) -> Result<$value, SerdeError> {
            Err(SerdeError::type_mismatch("null"))
        })*
    };
}

impl ShapeDeserializer for Null {
    fn read_struct(&mut self, _: &Schema<'_>, _: &mut Members<'_>) -> Result<(), SerdeError> {
        Err(SerdeError::type_mismatch("null"))
    }

    fn read_list(&mut self, _: &Schema<'_>, _: &mut Elements<'_>) -> Result<(), SerdeError> {
        Err(SerdeError::type_mismatch("null"))
    }

    fn read_map(&mut self, _: &Schema<'_>, _: &mut Entries<'_>) -> Result<(), SerdeError> {
        Err(SerdeError::type_mismatch("null"))
    }

    fn read_string(&mut self, _: &Schema<'_>) -> Result<String, SerdeError> {
        Ok(NULL_TEXT.to_owned())
    }

    as_nothing!(read_boolean -> bool, read_byte -> i8, read_short -> i16, read_integer -> i32, read_long -> i64,
        read_float -> f32, read_double -> f64, read_big_integer -> BigInteger, read_big_decimal -> BigDecimal,
        read_blob -> Blob, read_timestamp -> DateTime, read_document -> Document);

    fn is_null(&self) -> bool {
        true
    }

    fn container_size(&self) -> Option<usize> {
        None
    }
}
