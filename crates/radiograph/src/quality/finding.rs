//! What may be found wrong with a radiograph: codes that scripts can count on, how grave each is, and a line for people.

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; the picture can be used.
    Note,
    /// Someone should look at the picture before it is used.
    Warning,
    /// The picture cannot be used.
    Fatal,
}

impl Severity {
    /// `note`, `warning` or `fatal`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Fatal => "fatal",
        }
    }
}

macro_rules! codes {
    ($($variant:ident $severity:ident $name:literal $doc:literal),* $(,)?) => {
        /// What was found.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $doc] $variant,)*
        }

        impl Code {
            /// All codes, in the order in which findings are listed.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The name in tables and JSON, for example `not-lateral`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name),* }
            }

            /// How grave it is.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity),* }
            }

            /// One sentence on what it means.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $doc.trim_ascii()),* }
            }
        }
    };
}

codes! {
    Blank Fatal "blank" "The picture is one even grey.",
    TooSmall Fatal "too-small" "A side has fewer than 64 pixels.",
    FewPixels Warning "few-pixels" "A side of the exposed field has fewer pixels than the network takes.",
    HeaderView Warning "header-view" "The header names another view than lateral.",
    HeaderBodyPart Warning "header-body-part" "The header names another body part than the neck.",
    HeaderFacing Warning "header-facing" "Patient Orientation says that the patient faces the other way than the pixels do.",
    NotLateralNeck Warning "not-lateral-neck" "The pixels do not look like a lateral neck.",
    UpsideDown Warning "upside-down" "The head seems to be below.",
    Sideways Warning "sideways" "The neck seems to lie across the picture.",
    FacesRight Note "faces-right" "The patient seems to face right.",
    InvertedGrey Warning "inverted-grey" "Air seems to be white and bone black.",
    Dark Warning "dark" "The exposed field is dark as displayed.",
    Bright Warning "bright" "The exposed field is bright as displayed.",
    ClippedBlack Warning "clipped-black" "A large part is cut off at black.",
    ClippedWhite Warning "clipped-white" "A large part is cut off at white.",
    LowContrast Warning "low-contrast" "The greys lie close together.",
    FewGreys Warning "few-greys" "The picture has few different greys.",
    BurnedInText Warning "burned-in-text" "Lines of text seem to stand in the pixels.",
    BurnedInStated Warning "burned-in-stated" "The header says that text stands in the pixels.",
    Marker Note "marker" "A side marker or a few letters stand in the picture.",
    SmallField Warning "small-field" "The blades leave less than half of the picture.",
    Border Note "border" "Even borders surround the exposed field.",
    Metal Note "metal" "Something as bright and sharp as metal lies in the field.",
    Unsharp Warning "unsharp" "The finest detail is missing: enlarged, blurred or strongly compressed.",
    SpacingAbsent Note "spacing-absent" "The DICOM header states no usable pixel spacing.",
    SpacingUneven Warning "spacing-uneven" "Pixels are not square.",
    FieldOfView Warning "field-of-view" "The pixel spacing makes the picture too small or too large for a neck.",
}

/// Something found on one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// How grave.
    pub severity: Severity,
    /// What was found and what was expected, in one line without the name of the file.
    pub message: String,
}

impl Finding {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Finding {
        Finding {
            code,
            severity: code.severity(),
            message: message.into(),
        }
    }
}
