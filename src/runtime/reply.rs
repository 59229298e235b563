//! ONNX Runtime's messages turned into errors. It reports everything as text; what a user can act on (a newer
//! standard, an unknown op) is picked out by its wording, which has been the same from release 1.17 to 1.32, and the
//! rest is passed on in one line.

use super::error::Error;

/// The error behind the message with which the library refused a model.
pub fn model_error(message: &str, version: &str) -> Error {
    lack_of_means(message, version)
        .or_else(|| newer_opset(message, version))
        .or_else(|| newer_ir(message, version))
        .or_else(|| unknown_op(message, version))
        .or_else(|| unregistered_op(message, version))
        .or_else(|| no_kernel(message, version))
        .unwrap_or_else(|| Error::Model { message: one_line(message), version: version.to_owned() })
}

/// A message on one line, without the C++ source files and functions that it names.
pub fn one_line(message: &str) -> String {
    let text: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let text: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let text = without_sources(&text);
    text.trim_start_matches("Exception during initialization: ").trim_start_matches("Fatal error: ").to_owned()
}

/// The text without places such as "/src/model.cc:256 onnxruntime::Model::Model(…, const ModelOptions&)" and
/// "matmul_helper.h:164 Compute", wherever they stand.
fn without_sources(text: &str) -> String {
    let (mut kept, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        if is_source(word) {
            rest = after_function(after);
        } else {
            kept.push(word);
            rest = after;
        }
    }
    kept.join(" ")
}

/// `model.cc:256`, with or without its folders.
fn is_source(word: &str) -> bool {
    let Some((file, line)) = word.rsplit_once(':') else { return false };
    let is_number = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
    is_number && [".cc", ".h", ".cpp", ".hpp", ".cu"].iter().any(|ending| file.ends_with(ending))
}

/// What follows the name of a function: its whole signature where there is one, else one word.
fn after_function(text: &str) -> &str {
    match text.split_once('(') {
        Some((before, _)) if before.contains("::") => after_signature(text),
        _ => text.split_once(' ').map_or("", |(_, after)| after),
    }
}

/// What follows the parameter list of a C++ function.
fn after_signature(text: &str) -> &str {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return text[at + 1..].trim_start().trim_start_matches("const ").trim_start(),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text
}

/// The error where it is the machine that lacks threads or memory, whatever the library was about.
/// "pthread_create failed, error code: 11 error msg: Resource temporarily unavailable", "Failed to allocate memory for
/// requested buffer of size 4294967296", "std::bad_alloc"
pub fn lack_of_means(message: &str, version: &str) -> Option<Error> {
    let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
    let (message, version) = (one_line(message), version.to_owned());
    if says(&["pthread_create failed", "Resource temporarily unavailable"]) {
        Some(Error::Thread { message, version })
    } else if says(&["bad_alloc", "bad allocation", "Failed to allocate memory", "Cannot allocate memory"]) {
        Some(Error::Memory { message, version })
    } else {
        None
    }
}

/// "Opset 99 is under development … Current official support for domain ai.onnx is till opset 23."
fn newer_opset(message: &str, version: &str) -> Option<Error> {
    let supported = message.split_once("Current official support for domain ")?.1;
    let (domain, supported) = supported.split_once(" is till opset ")?;
    Some(Error::NewerOpset {
        domain: domain.to_owned(),
        asked: number(message.split_once("Opset ")?.1)?,
        supported: number(supported)?,
        version: version.to_owned(),
    })
}

/// "Unsupported model IR version: 99, max supported IR version: 11"
fn newer_ir(message: &str, version: &str) -> Option<Error> {
    Some(Error::NewerIr {
        asked: number(message.split_once("Unsupported model IR version: ")?.1)?,
        supported: number(message.split_once("max supported IR version: ")?.1)?,
        version: version.to_owned(),
    })
}

/// `In Node, ("name", Op, "domain", -1) : … Error No Op registered for Op with domain_version of 17`
fn unknown_op(message: &str, version: &str) -> Option<Error> {
    let detail = if let Some((_, rest)) = message.split_once("No Op registered for ") {
        rest.split_once("with domain_version of ")
            .and_then(|(_, opset)| number(opset))
            .map(|opset| format!("opset {opset}"))
    } else if message.contains("No opset import for domain") {
        Some("the model does not import this domain".to_owned())
    } else {
        return None;
    };
    let rest = message.split_once("In Node, (\"")?.1;
    let (node, rest) = rest.split_once("\", ")?;
    let (op, rest) = rest.split_once(", \"")?;
    let (domain, _) = rest.split_once('"')?;
    Some(Error::UnknownOp {
        node: Some(node.to_owned()),
        op: op.to_owned(),
        domain: domain_name(domain),
        version: version.to_owned(),
        detail,
    })
}

/// "com.acme:Frobnicate(-1) is not a registered function/op"; the node is not said.
fn unregistered_op(message: &str, version: &str) -> Option<Error> {
    let before = message.split_once(" is not a registered function/op")?.0;
    let (domain, op) = before.split_whitespace().last()?.rsplit_once(':')?;
    Some(Error::UnknownOp {
        node: None,
        op: op.split('(').next().unwrap_or(op).to_owned(),
        domain: domain_name(domain),
        version: version.to_owned(),
        detail: None,
    })
}

/// "Could not find an implementation for Relu(14) node with name 'relu_1'"
fn no_kernel(message: &str, version: &str) -> Option<Error> {
    let rest = message.split_once("Could not find an implementation for ")?.1;
    let (op, rest) = rest.split_once(" node with name '")?;
    let (domain, op) = op.rsplit_once(':').unwrap_or(("", op));
    Some(Error::NoKernel {
        node: rest.rsplit_once('\'').map_or(rest, |(node, _)| node).to_owned(),
        since: number(op.split_once('(')?.1)?,
        op: op.split('(').next().unwrap_or(op).to_owned(),
        domain: domain_name(domain),
        version: version.to_owned(),
    })
}

/// The default domain has an empty name in files, and is called this everywhere else.
fn domain_name(domain: &str) -> String {
    if domain.is_empty() { "ai.onnx".into() } else { domain.into() }
}

fn number(text: &str) -> Option<u64> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The messages are ONNX Runtime 1.32's own, for models made to provoke them.

    fn display(message: &str) -> String {
        model_error(message, "1.32.0").to_string()
    }

    #[test]
    fn a_newer_opset_is_named_with_what_is_supported() {
        let message = "/onnxruntime_src/onnxruntime/core/graph/model_load_utils.h:46 void onnxruntime::model_load_utils::\
            ValidateOpsetForDomain(const std::unordered_map<std::__cxx11::basic_string<char>, int>&, const \
            onnxruntime::logging::Logger&, bool, const std::string&, int) ONNX Runtime only *guarantees* support for models \
            stamped with official released onnx opset versions. Opset 99 is under development and support for this is \
            limited. The operator schemas and or other functionality may change before next ONNX release and in this case \
            ONNX Runtime will not guarantee backward compatibility. Current official support for domain ai.onnx.ml is till \
            opset 5.\n";
        assert_eq!(display(message), "the model uses opset 99 of ai.onnx.ml; ONNX Runtime 1.32.0 knows opsets up to 5");
    }

    #[test]
    fn a_newer_ir_is_named_with_what_is_supported() {
        let message = "/onnxruntime_src/onnxruntime/core/graph/model.cc:256 onnxruntime::Model::Model(onnx::ModelProto&&, \
            const onnxruntime::PathString&) Unsupported model IR version: 99, max supported IR version: 14\n";
        assert_eq!(display(message), "the model has IR version 99; ONNX Runtime 1.32.0 reads IR versions up to 14");
    }

    #[test]
    fn a_machine_without_threads_or_memory_is_not_a_broken_model() {
        use crate::base::advise::{Advise, Fault};
        for message in [
            "/onnxruntime_src/onnxruntime/core/platform/posix/env.cc:213 onnxruntime::PosixThread::PosixThread(const char*, \
             int) pthread_create failed, error code: 11 error msg: Resource temporarily unavailable",
            "/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:359 void* onnxruntime::BFCArena::AllocateRawInternal(\
             size_t, bool) Failed to allocate memory for requested buffer of size 4294967296",
            "std::bad_alloc",
        ] {
            let error = model_error(message, "1.32.0");
            assert_eq!(error.fault(), Fault::Environment, "{error}");
            assert!(!error.advice().unwrap().contains("whole"), "{error}");
        }
    }

    #[test]
    fn an_unknown_op_is_named_with_its_node_and_domain() {
        let head = "This is an invalid model. In Node, ";
        let tail = ": (\"x\": tensor(float),) -> (\"y\": tensor(float),) , Error";
        assert_eq!(
            display(&format!(
                "{head}(\"frob_1\", Frobnicate, \"\", -1) {tail} No Op registered for Frobnicate with domain_version of 17"
            )),
            "the node 'frob_1' uses the op Frobnicate of the domain 'ai.onnx', which ONNX Runtime 1.32.0 does not have (opset 17)"
        );
        assert_eq!(
            display(&format!(
                "{head}(\"\", Frobnicate, \"com.acme\", -1) {tail} No opset import for domain 'com.acme'"
            )),
            "an unnamed node uses the op Frobnicate of the domain 'com.acme', which ONNX Runtime 1.32.0 does not have \
             (the model does not import this domain)"
        );
        assert_eq!(
            display("Could not find an implementation for AveragePool(1) node with name 'pool'"),
            "the node 'pool' uses the op AveragePool as operator set 1 of ai.onnx has it, which ONNX Runtime 1.32.0 cannot \
             compute with the element types that the node has"
        );
    }

    #[test]
    fn the_node_of_a_custom_op_can_be_filled_in() {
        let error = model_error("Fatal error: com.acme:Frobnicate(-1) is not a registered function/op", "1.32.0");
        let asked = error.with_node(|op, domain| Some(format!("{domain}/{op}/7")));
        assert_eq!(
            asked.to_string(),
            "the node 'com.acme/Frobnicate/7' uses the op Frobnicate of the domain 'com.acme', which ONNX Runtime 1.32.0 \
             does not have"
        );
    }

    #[test]
    fn other_messages_lose_their_cpp_head_and_their_line_breaks() {
        assert_eq!(
            one_line("/src/a.cc:256 onnx::Model::Model(const X&, F<void(int)>) said\n this (a) and\u{1b}[31m that"),
            "said this (a) and\u{fffd}[31m that"
        );
        assert_eq!(
            one_line("Node (mm) Op (MatMul) [ShapeInferenceError] no"),
            "Node (mm) Op (MatMul) [ShapeInferenceError] no"
        );
    }

    #[test]
    fn source_files_are_left_out_wherever_they_stand() {
        for (message, shown) in [
            (
                "Exception during initialization: /onnxruntime_src/onnxruntime/core/providers/cpu/rnn/deep_cpu_gru.h:56 \
                 onnxruntime::DeepCpuGruOp::DeepCpuGruOp(const onnxruntime::OpKernelInfo&) layout_ == 0 was false. Batchwise \
                 recurrent operations (layout == 1) are not supported.",
                "layout_ == 0 was false. Batchwise recurrent operations (layout == 1) are not supported.",
            ),
            (
                "Non-zero status code returned while running MatMul node. Name:'probe:node6' Status Message: \
                 matmul_helper.h:164 Compute MatMul dimension mismatch",
                "Non-zero status code returned while running MatMul node. Name:'probe:node6' Status Message: MatMul \
                 dimension mismatch",
            ),
            (
                "Name:'pool' Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/nn/pool_attributes.h:124 \
                 onnxruntime::TensorShapeVector onnxruntime::PoolAttributes::SetOutputSize(const onnxruntime::TensorShape&, \
                 int64_t, onnxruntime::TensorShapeVector*) const Rank mismatch",
                "Name:'pool' Status Message: Rank mismatch",
            ),
            ("expected 3:2, got a.b:1 (see x.h)", "expected 3:2, got a.b:1 (see x.h)"),
        ] {
            assert_eq!(one_line(message), shown);
        }
    }
}
