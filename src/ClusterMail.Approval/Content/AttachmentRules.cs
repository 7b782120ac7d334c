namespace ClusterMail.Approval.Content;

/// <summary>The attachment test of APPROVE-37, for one leaf.</summary>
internal static class AttachmentRules
{
    private static readonly string[] Signatures = ["application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"];

    /// <param name="referenced">Content-IDs that HTML parts show.</param>
    /// <param name="texts">For uuencoded blocks.</param>
    public static bool Counts(MimePiece part, HashSet<string> referenced, List<TextPiece> texts) =>
        part.Doubtful
        || (!IsSignature(part) && !IsInvitation(part)
            && (part.DispositionAttachment
                || (part.Name.Length > 0 && !IsInlineImage(part, referenced))
                || ByType(part)
                || texts.Exists(text => ReferenceEquals(text.Part, part) && PartText.HasEncodedFile(text.Octets))));

    // Only where a signature belongs: as the second part of multipart/signed. Anywhere else the type is a claim.
    private static bool IsSignature(MimePiece part) =>
        part.Parent?.IsMimeType("multipart", "signed") == true && part.Index == 1 && Signatures.Contains(part.MediaType);

    private static bool IsInvitation(MimePiece part) =>
        part.Parent?.IsMimeType("multipart", "alternative") == true && part.Type.IsMimeType("text", "calendar") && !part.DispositionAttachment;

    private static bool IsInlineImage(MimePiece part, HashSet<string> referenced) =>
        part.Type.IsMimeType("image", "*") && part.ContentId.Length > 0 && referenced.Contains(part.ContentId);

    /// <summary>Point 3, and what has no type this program knows: nobody can tell what is in it.</summary>
    private static bool ByType(MimePiece part) => !part.IsText && !(part.InRelated && part.Type.IsMimeType("image", "*"));
}
