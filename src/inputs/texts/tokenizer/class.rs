//! What transformers makes of a tokenizer class: which settings of `tokenizer_config.json` stand above `tokenizer.json`.
//!
//! Classes without a constructor of their own (`PreTrainedTokenizerFast`, and every class that is not known) load
//! `tokenizer.json` as it was saved. The others set their normalizer and pre-tokenizer from the configuration, with the
//! defaults of the class where the configuration says nothing.

/// Which steps a class sets itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// WordPiece with BERT's normalizer and pre-tokenizer.
    WordPiece,
    /// Byte pairs over bytes, and whether a blank is put before a text by default.
    ByteLevel { prefix_space: bool },
    /// SentencePiece, and whether texts are put into lower case by default.
    SentencePiece { lowercase: bool },
    /// Everything as it was saved.
    AsSaved,
}

/// The family of a tokenizer class; without a class, that of the model's architecture.
pub(super) fn family(class: Option<&str>, model_type: Option<&str>) -> Family {
    match (class, model_type) {
        (Some(class), _) => of_class(class),
        (None, Some(model_type)) => of_class(class_of(model_type)),
        (None, None) => Family::AsSaved,
    }
}

fn of_class(class: &str) -> Family {
    match class.trim_end_matches("Tokenizer") {
        "Bert" | "DistilBert" | "Electra" | "MobileBert" | "ConvBert" | "Funnel" | "LayoutLM" | "LayoutLMv2"
        | "Lxmert" | "MPNet" | "Realm" | "RetriBert" | "Splinter" | "SqueezeBert" | "DPRContextEncoder"
        | "DPRQuestionEncoder" | "DPRReader" => Family::WordPiece,
        "Roberta" | "Bart" | "Longformer" | "LED" | "Mvp" | "GPT2" | "GPTNeoX" | "CodeGen" | "Deberta" | "Luke"
        | "MarkupLM" | "Whisper" => Family::ByteLevel { prefix_space: false },
        "Blenderbot" | "LayoutLMv3" => Family::ByteLevel { prefix_space: true },
        "Albert" => Family::SentencePiece { lowercase: true },
        "DebertaV2" | "RemBert" | "XLNet" => Family::SentencePiece { lowercase: false },
        _ => Family::AsSaved,
    }
}

/// The class that belongs to an architecture, where no file names one.
fn class_of(model_type: &str) -> &'static str {
    match model_type {
        "align" | "bark" | "bert" | "blip" | "bros" | "chinese_clip" | "convbert" | "distilbert" | "electra"
        | "ernie" | "flava" | "git" | "layoutlm" | "megatron-bert" | "mobilebert" | "nezha" | "nomic_bert"
        | "qdqbert" | "realm" | "retribert" | "splinter" | "squeezebert" | "tvp" | "vilt" | "visual_bert" => {
            "BertTokenizer"
        }
        "funnel" => "FunnelTokenizer",
        "lxmert" => "LxmertTokenizer",
        "mpnet" => "MPNetTokenizer",
        "bart"
        | "bridgetower"
        | "clap"
        | "data2vec-text"
        | "ibert"
        | "lilt"
        | "longformer"
        | "mega"
        | "mra"
        | "roberta"
        | "roberta-prelayernorm" => "RobertaTokenizer",
        "blip-2" | "codegen" | "gpt2" | "gpt_neo" | "gptj" | "instructblip" | "opt" | "phi" | "starcoder2" => {
            "GPT2Tokenizer"
        }
        "gpt_neox" | "falcon_mamba" | "mamba" | "mamba2" | "mpt" | "olmo" | "olmoe" | "rwkv" => "GPTNeoXTokenizer",
        "blenderbot" => "BlenderbotTokenizer",
        "deberta" => "DebertaTokenizer",
        "deberta-v2" => "DebertaV2Tokenizer",
        "albert" | "yoso" => "AlbertTokenizer",
        "led" => "LEDTokenizer",
        "luke" => "LukeTokenizer",
        "markuplm" => "MarkupLMTokenizer",
        "rembert" => "RemBertTokenizer",
        "whisper" => "WhisperTokenizer",
        "xlnet" => "XLNetTokenizer",
        _ => "PreTrainedTokenizerFast",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_decides_and_then_the_architecture() {
        assert_eq!(family(Some("BertTokenizer"), Some("roberta")), Family::WordPiece);
        assert_eq!(family(Some("PreTrainedTokenizer"), Some("bert")), Family::AsSaved);
        assert_eq!(family(None, Some("roberta")), Family::ByteLevel { prefix_space: false });
        assert_eq!(family(None, Some("never-heard-of")), Family::AsSaved);
        assert_eq!(family(None, None), Family::AsSaved);
    }
}
