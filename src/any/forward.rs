//! Methods that every backend has.

/// Writes each method twice: in the public type, with its documentation, so that no caller needs a trait in scope; and in the trait of
/// loop-api, so that code generic over loops can be given the facade. `extra` stands in the trait only.
macro_rules! forward {
    (
        impl $trait:ident for $name:ident, $enum:ident {
            $($extra:item)*
        }
        $(fn {
            $($(#[$meta:meta])* $method:ident(&self $(, $arg:ident: $ty:ty)*) -> $ret:ty;)*
        })?
        $(async fn {
            $($(#[$ameta:meta])* $amethod:ident(&self $(, $aarg:ident: $aty:ty)*) -> $aret:ty;)*
        })?
    ) => {
        impl $name {
            $($(
                $(#[$meta])*
                #[inline]
                pub fn $method(&self $(, $arg: $ty)*) -> $ret {
                    $crate::any::each!($enum; &self.0, inner => $trait::$method(inner $(, $arg)*))
                }
            )*)?
            $($(
                $(#[$ameta])*
                #[inline]
                pub async fn $amethod(&self $(, $aarg: $aty)*) -> $aret {
                    $crate::any::each!($enum; &self.0, inner => $trait::$amethod(inner $(, $aarg)*).await)
                }
            )*)?
        }

        impl $trait for $name {
            $($extra)*
            $($(
                #[inline]
                fn $method(&self $(, $arg: $ty)*) -> $ret {
                    $crate::any::each!($enum; &self.0, inner => $trait::$method(inner $(, $arg)*))
                }
            )*)?
            $($(
                #[inline]
                async fn $amethod(&self $(, $aarg: $aty)*) -> $aret {
                    $crate::any::each!($enum; &self.0, inner => $trait::$amethod(inner $(, $aarg)*).await)
                }
            )*)?
        }
    };
}
pub(crate) use forward;
